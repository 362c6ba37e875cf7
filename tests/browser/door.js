// SPDX-License-Identifier: Apache-2.0
// The network between a browser and the stack, which can be cut: for pages and service workers alike, as they don't know of it.
import { createServer, request } from "node:http";

export async function openDoor(target) {
  const { hostname, port } = new URL(target);
  const sockets = new Set();
  const passed = [];            // {method, path, status, headers} of what was answered
  let shut = false;
  let served = () => null;
  let lost = () => false;

  const server = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    const own = served(path);
    if (own) {
      outgoing.writeHead(200, own.headers).end(own.body);
      return;
    }
    const upstream = request({ hostname, port, method, path, headers }, (answer) => {
      passed.push({ method, path, status: answer.statusCode, headers });
      if (lost(method, path)) {
        // The server has done it by now.
        answer.resume().on("end", () => outgoing.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    upstream.on("error", () => outgoing.destroy());
    incoming.pipe(upstream);
  });
  server.on("connection", (socket) => {
    if (shut) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  const cut = () => sockets.forEach((socket) => socket.destroy());
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    url: `http://127.0.0.1:${server.address().port}`,
    passed,
    shut() {
      shut = true;
      cut();
    },
    open() {
      shut = false;
    },
    // what(path) is {headers, body} for what the stack is not asked for, else null.
    serve: (what) => (served = what),
    // which(method, path): answers that never come back.
    lose: (which) => (lost = which),
    close() {
      cut();
      server.close();
    },
  };
}
