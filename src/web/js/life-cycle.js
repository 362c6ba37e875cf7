// SPDX-License-Identifier: Apache-2.0
// Where a call stands between expected and departed, and the moves that are allowed from there.
import { announce } from "./announce.js";
import { confirmDialog } from "./dialog.js";
import { count } from "./format.js";
import { field, setChoices } from "./field.js";
import { fieldWord } from "./field-words.js";
import { h, replaceKeepingFocus, setText } from "./dom.js";
import { icon } from "./icons.js";
import { isBackward, LIFE_CYCLE, moveWord, statusWord } from "./words.js";
import { newUuid } from "./uuid.js";
import { section } from "./section.js";
import { sendOnce } from "./row-write.js";
import { t } from "./texts.js";

const REACHED_AT = {
  expected: null,
  arrived: "arrived_at",
  berthed: "berthed_at",
  operations_active: "operations_started_at",
  operations_complete: "operations_completed_at",
  departed: "departed_at",
};

// Returns {node, update(vessel, meta, clock)}. onMoved(vessel) gets the server's answer to a move; without
// mayMove there are no buttons for one.
export function lifeCycle({ api, vesselId, mayMove, onMoved }) {
  const steps = h("ol", { class: "steps" });
  const moves = h("div", { class: "moves" });
  const message = h("p", { class: "form__result", role: "alert" });
  const berth = field({ name: "berth", label: t("Berth"), control: h("select", { class: "input" }) });
  const node = section("life-cycle", t("Call"), steps, moves, message);
  let drawn = "";
  let busy = false;

  async function move(vessel, to) {
    const change = { status: to };
    if (to === "berthed" && !vessel.berth) change.berth = berth.control.value;
    const key = newUuid();
    const { data } = await sendOnce(() => api.patch(`/api/vessels/${vesselId}`, change, { key }), (text) => setText(message, text));
    setText(message, "");
    announce(`${vessel.name}: ${statusWord(to)}.`);
    onMoved(data.data);
  }

  async function press(vessel, to) {
    if (busy) return;
    setText(message, "");
    if (to === "departed") {
      confirmDialog(
        { title: t("Has {vessel} departed?", { vessel: vessel.name }), text: t("The call is closed with this. It can't be opened again."), yes: moveWord(vessel.status, to) },
        () => move(vessel, to),
      );
      return;
    }
    busy = true;
    try {
      await move(vessel, to);
    } catch (error) {
      setText(message, [error.message, ...error.fields.map((item) => `${fieldWord(item.field)}: ${item.detail}`)].join(" · "));
    } finally {
      busy = false;
    }
  }

  function step(vessel, status, clock, now) {
    const place = LIFE_CYCLE.indexOf(vessel.status);
    const mine = LIFE_CYCLE.indexOf(status);
    const at = REACHED_AT[status] && vessel[REACHED_AT[status]];
    return h(
      "li",
      { class: "step", "data-state": mine < place ? "past" : mine === place ? "now" : "ahead", "aria-current": mine === place && "step" },
      h("span", { class: "step__mark" }, icon(status)),
      h("span", { class: "step__name" }, statusWord(status)),
      at && mine <= place && h("span", { class: "step__at" }, clock.near(at, now)),
    );
  }

  async function offerBerths() {
    const { data } = await api.get("/api/berths?per_page=100");
    setChoices(berth.control, data.data.map(({ name, length_m: metres }) => [name, t("{berth} ({metres} m)", { berth: name, metres: count(metres) })]));
  }

  return {
    node,
    update(vessel, meta, clock) {
      const key = `${vessel.version}|${vessel.status}`;
      if (key === drawn) return;
      drawn = key;
      steps.replaceChildren(...LIFE_CYCLE.map((status) => step(vessel, status, clock, api.now())));
      const open = meta.vessel_moves[vessel.status] ?? [];
      const allowed = mayMove ? open : [];
      // Forward first: it is what is pressed nine times out of ten.
      const sorted = [...allowed].sort((a, b) => isBackward(vessel.status, a) - isBackward(vessel.status, b)
        || LIFE_CYCLE.indexOf(a) - LIFE_CYCLE.indexOf(b));
      const needsBerth = allowed.includes("berthed") && !vessel.berth;
      if (needsBerth) offerBerths().catch((error) => setText(message, error.message));
      replaceKeepingFocus(
        moves,
        needsBerth && berth.node,
        sorted.map((to, index) => h("button", {
          type: "button",
          // While work goes on, the page's main button is the one that records it.
          class: `button${index === 0 && vessel.status !== "operations_active" && !isBackward(vessel.status, to) ? " button--primary" : ""}`,
          "data-key": to,
          "data-move": to,
          onclick: () => press(vessel, to),
        }, moveWord(vessel.status, to))),
        open.length === 0 && h("p", { class: "empty" }, t("This call is closed.")),
      );
    },
  };
}
