// SPDX-License-Identifier: Apache-2.0
// Several addresses asked as one: news of any is news of all, and one that does not answer makes all of it stale.

// Returns a load(etags, seen) for follow() in live.js. get(path, {etag, seen}) asks, join(data of each) makes what the page shows.
export function together(get, paths, join) {
  let known = [];
  return async (etags, seen) => {
    const answers = await Promise.all(paths.map((path, index) => get(path, { etag: etags?.[index], ...(seen && { seen }) })));
    const stored = answers.flatMap(({ storedAt }) => storedAt ?? []);
    const more = {
      ...(stored.length > 0 && { storedAt: Math.min(...stored) }),
      // Of an answer that doesn't say so, nobody hears when it changes.
      ...(answers.every(({ tags }) => tags) && { tags: [...new Set(answers.flatMap(({ tags }) => tags))] }),
    };
    if (answers.every(({ status }) => status === 304)) return { status: 304, data: null, etag: etags, ...more };
    known = answers.map(({ status, data }, index) => (status === 304 ? known[index] : data));
    return { status: 200, data: join(known), etag: answers.map(({ etag }) => etag), ...more };
  };
}
