// SPDX-License-Identifier: Apache-2.0
// Logs out. What this device kept of the person goes, too; but something unsent is never thrown away unasked.
import { alone } from "./outbox-send.js";
import { forgetOutbox, waitingOf } from "./outbox.js";
import { forgetPerson } from "./memory.js";
import { forgetSeen } from "./seen-cache.js";
import { openDialog } from "./dialog.js";
import { tellOtherTabs } from "./other-tabs.js";
import { t, tn } from "./texts.js";

export async function logOut({ api, me }) {
  const unsent = (await waitingOf(me.id)).length;
  if (unsent > 0) {
    await ask(unsent);
    return;
  }
  try {
    await leave();
  } catch (error) {
    await openDialog({
      title: t("You are still logged in"),
      text: error.status === 0 ? t("No answer from the server.") : error.message,
      no: t("Stay logged in"),
      actions: [{ label: t("Try again"), kind: "primary", act: leave }],
    });
  }

  async function leave({ unsent: throwAway = false } = {}) {
    try {
      // Not between a sender's asking who is logged in and its sending.
      await alone(() => api.post("/api/logout"));
    } catch (error) {
      if (error.status !== 401) throw error;        // 401: it ended before
    }
    forgetPerson(me.id);
    await forgetOutbox(me.id, { unsent: throwAway });
    await forgetSeen();
    tellOtherTabs();
    // Nothing of this person's is left in a document that is loaded anew.
    location.replace("/login");
    await new Promise(() => {});
  }

  function ask(number) {
    return openDialog({
      title: tn(number, "{n} entry is not stored yet", "{n} entries are not stored yet"),
      text: t("You can log out all the same. What is kept waits on this device and is sent when you log in here again. What is thrown away has to be recorded anew."),
      no: t("Stay logged in"),
      actions: [
        { label: t("Throw away"), kind: "danger", act: () => leave({ unsent: true }) },
        { label: t("Keep and log out"), kind: "primary", act: () => leave() },
      ],
    });
  }
}
