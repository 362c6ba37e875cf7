// SPDX-License-Identifier: Apache-2.0
// Step 1: which ship, when, and where. A new call can be filled in from a document or go on from a draft.
import { berthLabel, statusWord, vesselTypeWord } from "./words.js";
import { documentPanel } from "./wizard-document.js";
import { draftList } from "./wizard-draft-list.js";
import { h } from "./dom.js";
import { momentIn } from "./zone.js";
import { setChoices, textInput } from "./field.js";
import { t } from "./texts.js";
import { valueField } from "./wizard-fields.js";
import { vesselPath } from "./routes.js";

const HERE = "expected,arrived,berthed,operations_active,operations_complete";

export function vesselStep(context) {
  const { api, draft, meta, timeZone, vesselId } = context;
  const { values } = draft;
  const zone = timeZone.split("/").pop().replaceAll("_", " ");
  const time = () => h("input", { type: "datetime-local", class: "input" });
  const fields = {
    name: valueField(context, { name: "name", label: t("Name"), control: textInput(100, { autocomplete: "off", required: true }) }),
    imo: valueField(context, { name: "imo", label: t("IMO number"), hint: t("optional"), control: textInput(7, { inputmode: "numeric", autocomplete: "off" }) }),
    vessel_type: valueField(context, { name: "vessel_type", label: t("Type"), control: choices([["", t("Choose …")], ...meta.vessel_types.map((type) => [type, vesselTypeWord(type)])]) }),
    line: valueField(context, { name: "line", label: t("Line"), hint: t("optional"), control: textInput(100, { autocomplete: "off" }) }),
    eta: valueField(context, { name: "eta", label: t("Arrival, ETA"), hint: t("time of {zone}", { zone }), control: time() }),
    etd: valueField(context, { name: "etd", label: t("Departure, ETD"), hint: t("time of {zone}", { zone }), control: time() }),
    berth: valueField(context, { name: "berth", label: t("Berth"), hint: t("can be chosen later"), wide: true, control: choices([["", t("Not yet")], ...(values.berth ? [[values.berth, berthLabel(values.berth)]] : [])]) }),
  };
  for (const name of ["berth", "vessel_type"]) fields[name].control.value = values[name];
  const lies = h("div", { class: "wizard__berth", "aria-live": "polite" });
  fields.berth.node.append(lies);
  let asked = 0;
  let gone = false;
  for (const name of ["berth", "eta", "etd"]) fields[name].control.addEventListener("change", showBerth);
  offerBerths().catch(() => {});
  showBerth();

  // Without an answer the planned berth is the one choice.
  async function offerBerths() {
    const { data } = await api.get("/api/berths?per_page=100");
    if (gone) return;
    setChoices(fields.berth.control, [["", t("Not yet")], ...data.data.map(({ name, length_m: metres }) => [name, `${berthLabel(name)} · ${metres} m`])]);
    fields.berth.control.value = values.berth;
    // A berth out of a document may be none of ours.
    if (fields.berth.control.value !== values.berth) fields.berth.control.value = values.berth = "";
  }

  // Who lies there, who else is planned, and whether the times meet.
  async function showBerth() {
    asked += 1;
    const mine = asked;
    if (!values.berth) return lies.replaceChildren();
    try {
      const { data } = await api.get(`/api/vessels?${new URLSearchParams({ berth: values.berth, status: HERE, sort: "eta", per_page: 20, count: "none" })}`);
      if (gone || mine !== asked) return undefined;
      const others = data.data.filter(({ id }) => String(id) !== vesselId);
      lies.replaceChildren(others.length === 0 ? h("p", null, t("Nobody lies there, nobody else is planned."))
        : h("ul", { class: "wizard__calls" }, others.map(call)));
    } catch {
      if (mine === asked) lies.replaceChildren(h("p", null, t("Who lies there can't be had now.")));
    }
    return undefined;
  }

  function call(vessel) {
    const { clock } = context;
    const now = api.now();
    const [from, to] = [vessel.berthed_at ?? vessel.eta, vessel.etd];
    const meets = overlap([moment("eta"), moment("etd")], [from, to].map((at) => (at ? Date.parse(at) : null)));
    return h("li", { "data-meets": meets },
      h("a", { href: vesselPath(vessel.id), target: "_blank" }, vessel.name), ` ${statusWord(vessel.status)}: `,
      t("{from} to {to}", { from: clock.near(from, now), to: clock.near(to, now) }),
      meets && h("strong", null, ` ${t("The times meet.")}`));
  }

  const moment = (name) => (values[name] ? Date.parse(momentIn(timeZone, values[name])) : null);

  const document = vesselId ? null : documentPanel(context);
  return {
    fields,
    node: h("div", { class: "wizard__parts" }, vesselId ? null : draftList(context), document?.node,
      h("div", { class: "form__inputs wizard__inputs" }, Object.values(fields).map((item) => item.node))),
    stop() {
      gone = true;
      document?.stop();
    },
  };
}

// Times that aren't known reach as far as they can; two that are both without an end don't count as meeting.
const overlap = ([a, b], [c, d]) => (a ?? -Infinity) < (d ?? Infinity) && (c ?? -Infinity) < (b ?? Infinity) && a !== null && (d !== null || b !== null);

function choices(pairs) {
  const select = h("select", { class: "input" });
  setChoices(select, pairs);
  return select;
}
