// The panel at the side: all about the selected event.
const verb = {
  choice: "is chosen", step: "(a step of a thread)", blocked: "", ready: "", begin: "begins", end: "ends", call: "is called", return: "returns",
  note: "(a note of the scenario)", fault: "(an injected fault)", wire: "on the wire", frame: "",
};
function link(i, note) {
  const r = R[i], d = el("div"), a = el("a", "", (r.q ? "#" + r.q + " " : "") + (r.k === "wire" && r.n === "frame" ? r.e : r.n));
  a.onclick = () => select(i, true);
  const b = badge(i);
  if (b) d.append(b);
  d.append(a, " ", el("span", "", [opens(r) || closes(r) ? verb[r.k] : "", note, r.x, r.h ? "on " + M.threads[r.h - 1] : ""].filter(Boolean).join(" · ")));
  return d;
}
function table(pairs) {
  const t = el("table");
  for (const [k, v] of pairs) if (v) { const tr = el("tr"); tr.append(el("td", "", k), el("td", "", v)); t.append(tr); }
  return t;
}
function section(title, nodes) { if (nodes.length) detail.append(el("h3", "", title), ...nodes); }

// source shows a line of the program with what stands around it.
function source(n, open) {
  const l = M.lines[n], d = el("div", "source"), a = el("a", "", l.at);
  d.append(a, " in " + l.fn);
  const body = excerpt(l) || (l.src ? el("code", "src", l.src) : null);
  if (!body) { d.append(el("div", "dim", "(the source is not at hand)")); return d; }
  const brief = l.src ? el("code", "src", l.src) : el("span");
  const toggle = (on) => { brief.hidden = on; body.hidden = !on; };
  a.title = "show or hide the source around";
  a.onclick = () => toggle(body.hidden);
  d.append(brief, body);
  toggle(open);
  return d;
}
function excerpt(l) {
  const file = M.files[(l.file || 0) - 1];
  const part = file && file.parts.find((p) => l.n >= p.from && l.n < p.from + p.text.length);
  if (!part) return null;
  const pre = el("pre", "code"), radius = 6;
  if (file.newer) pre.append(el("span", "warn", "this file is newer than the program: lines may have moved\n"));
  for (let n = Math.max(part.from, l.n - radius); n <= Math.min(part.from + part.text.length - 1, l.n + radius); n++) {
    const line = el("span", n === l.n ? "here" : "");
    line.append(el("i", "", String(n)), part.text[n - part.from] + "\n");
    pre.append(line);
  }
  return pre;
}

function drawDetail() {
  detail.textContent = "";
  if (state.source >= 0) section("source", [source(state.source, true)]);
  const i = state.sel;
  if (i < 0) { detail.append(el("div", "", N ? "Click on an event." : "The run recorded no events.")); return; }
  const r = R[i], h = el("h2", r.g, (r.k === "blocked" ? "blocked in " : r.k === "ready" ? "about to " : "") + r.n + " " + (verb[r.k] || "")), b = badge(i);
  if (b) h.prepend(b);
  const who = (r.x || "").split(", ").filter((n) => actors.get(n)).map((n) => n + ": " + actors.get(n)).join("; ");
  detail.append(h, table([["event", r.q], ["about", r.x], ["who", who], ["text", r.e], ["result", r.k === "return" ? result(r, "") : ""],
    ["thread", r.h ? M.threads[r.h - 1] : ""], ["wire", r.w ? M.wires[r.w - 1] + (r.b ? ", back" : ", there") : ""], ["time", time(r.t)], ["step", r.s]]));
  const bad = M.marks.filter((m) => m.row === i).map((m) => M.violations[m.v]).filter(Boolean);
  section(M.last ? "the last event of the thread that failed" : "shows", bad.map((t) => el("div", "shows", t)));
  if (r.f) detail.append(el("div", "shows", "The scheduler had to be told to go here."));
  section(r.k === "step" ? "done at" : r.g === "left" ? "stands at" : "recorded at", (M.stacks[(r.p || 0) - 1] || []).map((n, k) => source(n, k === 0 && state.sources)));
  if (r.y) for (const j of letters) if (j !== i) section(R[j].y + ", on " + M.threads[R[j].h - 1], (M.stacks[(R[j].p || 0) - 1] || []).slice(0, 1).map((n) => source(n, state.sources)));
  const c = M.choices[(r.c || 0) - 1];
  if (c) section("what else could run: at step " + c.step + " the scheduler chose " + c.chosen + ", and could have chosen", c.others.map((o) => { const d = el("div"); d.append(el("code", "", o)); return d; }));
  drawNeighbours(i, r);
}
function drawNeighbours(i, r) {
  if (opens(r)) section("ends with", close[i] >= 0 ? [link(close[i])] : [el("div", "", "the run: it did not end by itself")]);
  if (closes(r)) section("began with", [link(r.o - 1)]);
  const why = ["its cause", "same serial domain", "the frame", "the order that decides"];
  section("had to come after", (into.get(i) || []).filter((e) => e[2] !== ORDER).map((e) => link(e[0], why[e[2]])));
  section("had to come before", (outOf.get(i) || []).filter((e) => e[2] !== ORDER).map((e) => link(e[1], e[2] === SERIAL ? why[1] : "")));
  section("decides by coming after", (into.get(i) || []).filter((e) => e[2] === ORDER).map((e) => link(e[0])));
  section("decides by coming before", (outOf.get(i) || []).filter((e) => e[2] === ORDER).map((e) => link(e[1])));
  if (!r.q || !orderKnown()) return;
  let a = 0, b = 0, loose = 0;
  for (let k = 0; k < N; k++) if (R[k].q && k !== i) { if (before(k, i)) a++; else if (before(i, k)) b++; else loose++; }
  section("order", [el("div", "", a + " events are before it, " + b + " after, and " + loose + " neither. What is neither could have come in another order, unless a lock or a message that is no event forbids it.")]);
}
