// SPDX-License-Identifier: Apache-2.0
// Several addresses asked as one: news of any is news of all, and one that does not answer makes all of it stale.

// Returns a load(etags) for follow() in live.js. get(path, {etag}) asks, join(data of each) makes what the page shows.
export function together(get, paths, join) {
  let known = [];
  return async (etags) => {
    const answers = await Promise.all(paths.map((path, index) => get(path, { etag: etags?.[index] })));
    const stored = answers.flatMap(({ storedAt }) => storedAt ?? []);
    const age = stored.length > 0 && { storedAt: Math.min(...stored) };
    if (answers.every(({ status }) => status === 304)) return { status: 304, data: null, etag: etags, ...age };
    known = answers.map(({ status, data }, index) => (status === 304 ? known[index] : data));
    return { status: 200, data: join(known), etag: answers.map(({ etag }) => etag), ...age };
  };
}
