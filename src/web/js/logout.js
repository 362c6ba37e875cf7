// SPDX-License-Identifier: Apache-2.0
// Logs out. What this device kept of the person goes, too; but something unsent is never thrown away unasked.
import { count } from "./format.js";
import { forgetPerson } from "./memory.js";
import { forgetSeen } from "./seen-cache.js";
import { isPending, pendingVessels } from "./pending.js";
import { openDialog } from "./dialog.js";

export async function logOut({ api, me }) {
  const unsent = pendingVessels(me.id).length;
  if (unsent > 0) {
    await ask(unsent);
    return;
  }
  try {
    await leave();
  } catch (error) {
    await openDialog({
      title: "You are still logged in",
      text: error.status === 0 ? "No answer from the server." : error.message,
      no: "Stay logged in",
      actions: [{ label: "Try again", kind: "primary", act: leave }],
    });
  }

  async function leave(keep) {
    try {
      await api.post("/api/logout");
    } catch (error) {
      if (error.status !== 401) throw error;        // 401: it ended before
    }
    forgetPerson(me.id, keep);
    await forgetSeen();
    // Nothing of this person's is left in a document that is loaded anew.
    location.replace("/login");
    await new Promise(() => {});
  }

  function ask(number) {
    const one = number === 1;
    return openDialog({
      title: one ? "A tally is not sent yet" : `${count(number)} tallies are not sent yet`,
      text: `You can log out all the same. Kept, ${one ? "it waits" : "they wait"} on this device and ${one ? "is" : "are"} sent when you log in here again. Thrown away, ${one ? "it has" : "they have"} to be recorded anew.`,
      no: "Stay logged in",
      actions: [
        { label: "Throw away", kind: "danger", act: () => leave() },
        { label: "Keep and log out", kind: "primary", act: () => leave(isPending) },
      ],
    });
  }
}
