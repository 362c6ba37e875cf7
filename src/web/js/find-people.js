// SPDX-License-Identifier: Apache-2.0
// Who has these skills and is free: a small search. The server finds those with something left on the first day; what is
// left on the others is worked out here from their allocations, asked for only of those who have any by then.
import { addDays, shortDate } from "./calendar.js";
import { count, percent } from "./format.js";
import { empty, section, skeleton } from "./section.js";
import { field, placeErrors, clearErrors, setChoices, textInput } from "./field.js";
import { freeTime, skillsIn } from "./free-time.js";
import { fillNodes, h, replaceKeepingFocus, setText } from "./dom.js";
import { locale, t } from "./texts.js";
import { noteInAddress } from "./router.js";

const TYPING = 300;
const PER_PAGE = 8;
const FORTNIGHT = 14;
const ENOUGH = [["1", t("Some of it")], ["50", t("Half a day or more")]];
const isDate = (text) => /^\d{4}-\d\d-\d\d$/.test(text ?? "");

export function findSection({ api }, query) {
  const fields = {
    skills: field({
      name: "skills", label: t("Skills"), hint: t("a comma between"),
      control: textInput(200, { type: "search", autocomplete: "off", autocapitalize: "none", spellcheck: "false", placeholder: "sql, edi", value: query.get("skills") ?? "" }),
    }),
    wanted: field({ name: "wanted", label: t("How much of a day"), control: h("select", { class: "input" }) }),
    from: field({ name: "from", label: t("Free from"), control: dateInput(query.get("from")) }),
    to: field({ name: "to", label: t("Free until"), control: dateInput(query.get("to")) }),
  };
  setChoices(fields.wanted.control, ENOUGH, query.get("wanted") ?? "1");
  const said = h("p", { class: "panel__aside", role: "status" });
  const body = h("div", { class: "panel__body" }, skeleton(3, "row"));
  const form = h("form", { class: "filters filters--find", role: "search", "aria-label": t("Find people"), onsubmit: (event) => { event.preventDefault(); changed(0); }, oninput: () => changed(TYPING) },
    Object.values(fields).map((item) => item.node));
  const node = section("find", t("Who has these skills and is free?"), form, body);
  node.firstChild.append(said);

  let today = null;
  let typing = null;
  let abort = null;
  let known = "";               // whose change may change what was found
  let found = null;             // what is on screen: {skills, from, to, wanted, page, hasNext, total, people}
  let seen = false;
  // Nobody who doesn't look at it pays for the search.
  const watcher = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    watcher.disconnect();
    seen = true;
    search();
  }, { rootMargin: "100px" });

  function changed(delay) {
    clearTimeout(typing);
    typing = setTimeout(() => {
      if (!today) return;       // the first data bring the first search
      const { skills, from, to, wanted } = values();
      noteInAddress({ skills, from: from === today ? "" : from, to: to === addDays(today, FORTNIGHT - 1) ? "" : to, wanted: wanted === "1" ? "" : wanted });
      search();
    }, delay);
  }

  const values = () => Object.fromEntries(Object.entries(fields).map(([name, { control }]) => [name, control.value.trim()]));

  // Returns what is asked for, or null with the errors at their fields.
  function read() {
    clearErrors(fields);
    const { from, to, wanted, skills: text } = values();
    const { skills, wrong } = skillsIn(text);
    const errors = [];
    if (wrong.length > 0) errors.push({ field: "skills", detail: t("“{word}” can't be a skill: letters a to z, digits, space, _ + / and -.", { word: wrong[0] }) });
    if (!isDate(from)) errors.push({ field: "from", detail: t("A day is needed.") });
    if (!isDate(to)) errors.push({ field: "to", detail: t("A day is needed.") });
    else if (isDate(from) && to < from) errors.push({ field: "to", detail: t("It ends before it begins.") });
    placeErrors(fields, errors);
    return errors.length > 0 ? null : { skills, from, to, wanted: Number(wanted) };
  }

  // quietly: nobody asked, so nothing is said unless it comes out differently.
  async function search(page = 1, quietly = false) {
    const wanted = read();
    // More of what is on screen is no use to somebody who has typed on: that search is on its way.
    if (page > 1 && wanted && Object.entries(wanted).some(([name, value]) => String(value) !== String(found[name]))) return;
    abort?.abort();
    if (!wanted) {
      setText(said, "");
      body.removeAttribute("aria-busy");
      return;
    }
    abort = new AbortController();
    const { signal } = abort;
    if (!quietly) body.setAttribute("aria-busy", "true");
    try {
      const { rows, pagination } = await ask(wanted, page, signal);
      if (signal.aborted) return;
      found = { ...wanted, page, hasNext: pagination.has_next, total: pagination.total, people: [...(page > 1 ? found.people : []), ...rows] };
      draw();
    } catch (error) {
      if (signal.aborted || error.status === 401 || (quietly && found)) return;
      // A refusal is told where it belongs.
      const { unplaced } = placeErrors(fields, error.fields ?? []);
      setText(said, "");
      replaceKeepingFocus(body, h("p", { class: "empty", role: "alert" }, error.status === 0 ? t("No answer from the server.") : unplaced.join(" ") || error.message),
        h("button", { type: "button", class: "button", "data-key": "again", onclick: () => search() }, t("Try again")));
    } finally {
      if (!signal.aborted) body.removeAttribute("aria-busy");
    }
  }

  async function ask({ skills, from, to, wanted }, page, signal) {
    const asked = new URLSearchParams({ sort: "name", per_page: PER_PAGE, page, fields: "id,name,role_title,skills,capacity_percent,allocated_until" });
    if (skills.length > 0) asked.set("skills", skills.join());
    asked.set(wanted > 1 ? "half_free_on" : "free_on", from);
    const { data: { data, pagination } } = await api.get(`/api/resources?${asked}`, { signal });
    const rows = await Promise.all(data.map(async (person) => {
      const busy = person.allocated_until !== null && person.allocated_until >= from;
      const allocations = busy ? await allocationsOf(person.id, from, to, signal) : [];
      return { ...person, free: freeTime(person.capacity_percent, allocations, from, to, wanted) };
    }));
    // Whoever was allocated between the two answers is not free any more.
    return { rows: rows.filter(({ free }) => free.until === null || free.until >= from), pagination };
  }

  async function allocationsOf(id, from, to, signal) {
    const rows = [];
    for (let page = 1; ; page += 1) {
      const asked = new URLSearchParams({ starts_on_to: to, ends_on_from: from, fields: "starts_on,ends_on,percent", per_page: 100, count: "none", page });
      const { data: { data, pagination } } = await api.get(`/api/resources/${id}/allocations?${asked}`, { signal });
      rows.push(...data);
      if (!pagination.has_next) return rows;
    }
  }

  function draw() {
    const { people, skills, total, hasNext, to } = found;
    const throughout = people.filter(({ free }) => free.until === null).sort((a, b) => b.free.least - a.free.least);
    const atFirst = people.filter(({ free }) => free.until !== null);
    setText(said, people.length === 0 ? t("Nobody") : hasNext ? t("{count} found, {shown} shown", { count: count(total), shown: count(people.length) })
      : t("{count} free on every day", { count: count(throughout.length) }));
    replaceKeepingFocus(body,
      people.length === 0 ? empty(noneWords(skills))
        : h("ul", { class: "found" }, [...throughout, ...atFirst].map((person) => row(person, to))),
      hasNext && h("p", { class: "more" }, h("button", { type: "button", class: "button", "data-key": "more", onclick: () => search(found.page + 1) }, t("Show more"))));
  }

  function row({ id, name, role_title: role, skills, capacity_percent: capacity, free }, to) {
    const wanted = new Set(found.skills);
    return h("li", { class: "found__person", "data-person": id, "data-throughout": String(free.until === null) },
      h("span", { class: "load__name" }, name),
      h("div", { class: "found__what" }, role && h("span", { class: "found__role" }, role), h("ul", { class: "tags", "aria-label": t("Skills") },
        skills.map((skill) => h("li", null, wanted.has(skill) ? h("span", { class: "skill skill--wanted" }, skill)
          : h("button", { type: "button", class: "skill skill--button", "data-key": `${id}-${skill}`, "aria-label": t("Also ask for {skill}", { skill }), onclick: () => add(skill) }, skill))))),
      h("span", { class: "found__free" }, free.until !== null ? t("only until {day}", { day: shortDate(free.until) })
        : [fillNodes(free.least === capacity ? t("{share} free") : t("{share} free on every day"), { share: h("strong", null, percent(free.least)) }),
          free.least < capacity && free.wholeFrom !== null && free.wholeFrom <= to
            && h("span", { class: "found__more" }, t(", {share} from {day}", { share: percent(capacity), day: shortDate(free.wholeFrom) }))]));
  }

  function add(skill) {
    const { control } = fields.skills;
    control.value = [...skillsIn(control.value).skills, skill].join(", ");
    control.focus();
    changed(0);
  }

  return {
    node,
    update(data) {
      if (!today) {
        fields.from.control.value ||= data.today;
        fields.to.control.value ||= addDays(fields.from.control.value, FORTNIGHT - 1);
        // Only now is the page above as high as it is going to be.
        watcher.observe(node);
      }
      today = data.today;
      const now = JSON.stringify([data.load, data.resources]);
      if (now === known) return;
      known = now;
      // Not over what somebody waits for, nor over more than one page.
      if (seen && !body.hasAttribute("aria-busy") && (!found || found.page === 1)) search(1, found !== null);
    },
    stop() {
      clearTimeout(typing);
      watcher.disconnect();
      abort?.abort();
    },
  };
}

const all = new Intl.ListFormat(locale, { type: "conjunction" });
const noneWords = (skills) => (skills.length === 0 ? t("Nobody is free on the first of these days. Skills are whole words, as they stand with the people.")
  : t("Nobody has {skills} and is free on the first of these days. Skills are whole words, as they stand with the people.",
    { skills: all.format(skills.map((skill) => `“${skill}”`)) }));

const dateInput = (value) => h("input", { type: "date", class: "input", value: isDate(value) ? value : null, required: true });
