// SPDX-License-Identifier: Apache-2.0
// What rows of another list are called where a row says only their ids. Each is asked for once.
import { h, setText } from "./dom.js";

export function namesOf(api) {
  const known = new Map();

  function ask(path, id) {
    const key = `${path}/${id}`;
    if (!known.has(key)) known.set(key, api.get(`${key}?fields=name`).then(({ data }) => data.data.name, () => { known.delete(key); return null; }));
    return known.get(key);
  }

  // A node that has the number until the name is there.
  return (path, id) => {
    const node = h("span", null, `№ ${id}`);
    ask(path, id).then((name) => name && setText(node, name));
    return node;
  };
}
