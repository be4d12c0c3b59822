"use strict";
(function () {
  const started = performance.now();
  const M = JSON.parse(document.getElementById("data").textContent);
  for (const k of ["rows", "threads", "domains", "wires", "edges", "stacks", "lines", "choices", "marks", "violations"]) M[k] = M[k] || [];
  const R = M.rows, N = R.length, RH = 20, GUT = 150, HEAD = 50;
  const $ = (id) => document.getElementById(id);
  const el = (tag, cls, text) => { const e = document.createElement(tag); if (cls) e.className = cls; if (text !== undefined) e.textContent = text; return e; };
  const scroll = $("scroll"), sheet = $("sheet"), rowsBox = $("rows"), svg = $("lines"), detail = $("detail"), map = $("map");

  // What belongs to a row: its other end, the edges that lead to and from it, and its marks.
  const close = new Int32Array(N).fill(-1);
  for (let i = 0; i < N; i++) if (R[i].o && R[i].k !== "wire") close[R[i].o - 1] = i;
  const into = new Map(), outOf = new Map(), marks = new Map();
  const push = (m, k, v) => { const a = m.get(k); if (a) a.push(v); else m.set(k, [v]); };
  for (const e of M.edges) { push(into, e[1], e); push(outOf, e[0], e); }
  const shownBy = [];
  for (const m of M.marks) {
    const label = m.v ? "" : String(shownBy.length + 1);
    if (!m.v) shownBy.push(m.row);
    if (!marks.has(m.row) || !m.v) marks.set(m.row, { label, v: m.v });
  }
  const rowOfSeq = new Map();
  R.forEach((r, i) => { if (r.q) rowOfSeq.set(r.q, i); });
  const opens = (r) => r.k === "begin" || r.k === "call";
  const closes = (r) => r.k === "end" || r.k === "return";

  const state = { lanes: "thread", filter: "", off: new Set(), sel: -1, loose: false, arrows: true };
  let view = [], posOf = new Int32Array(N + 1), lanes = [], laneOf = new Int32Array(N), depth = new Int16Array(N), bars = [], width = 0;

  // Columns: threads or connections, then the wires.
  function laneKey(r) {
    if (r.k === "wire") return "w" + r.w;
    return state.lanes === "thread" ? "h" + r.h : "d" + r.d;
  }
  function laneName(key) {
    const n = +key.slice(1) - 1;
    return key[0] === "w" ? M.wires[n] : key[0] === "h" ? M.threads[n] : M.domains[n];
  }
  const natural = (a, b) => a[0] !== b[0] ? (a[0] === "w" ? 1 : b[0] === "w" ? -1 : a < b ? -1 : 1)
    : a[0] === "d" ? laneName(a).localeCompare(laneName(b), "en", { numeric: true }) : +a.slice(1) - +b.slice(1);

  function haystack(r) {
    if (!r.hay) r.hay = [r.q || "", r.g, r.k, r.n, r.x || "", r.e || "", r.h ? M.threads[r.h - 1] : "", r.d ? M.domains[r.d - 1] : "", r.w ? M.wires[r.w - 1] : ""].join(" ").toLowerCase();
    return r.hay;
  }
  function passes(r, words) {
    if (state.off.has(r.g)) return false;
    for (const w of words) {
      const no = w[0] === "-" && w.length > 1;
      if (haystack(r).includes(no ? w.slice(1) : w) === no) return false;
    }
    return true;
  }

  function layout() {
    const words = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
    view = [];
    for (let i = 0; i < N; i++) { posOf[i] = view.length; if (passes(R[i], words)) view.push(i); }
    posOf[N] = view.length;
    const keys = [...new Set(view.map((i) => laneKey(R[i])))].sort(natural);
    // A row holds one text, which may run over the columns beside its own: columns can be narrow.
    const spare = keys.some((k) => k[0] === "w") ? 240 : 130, room = scroll.clientWidth - GUT - spare, lw = Math.max(84, Math.min(250, Math.floor(room / Math.max(1, keys.length))));
    lanes = []; width = GUT;
    for (const key of keys) { lanes.push({ key, left: width, w: lw, name: laneName(key) }); width += lw; }
    width += spare;
    const index = new Map(keys.map((k, i) => [k, i])), open = keys.map(() => []);
    bars = [];
    for (let i = 0; i < N; i++) {
      const l = index.get(laneKey(R[i]));
      laneOf[i] = l === undefined ? -1 : l;
      if (l === undefined) continue;
      const stack = open[l];
      if (opens(R[i])) {
        while (stack.length && stack[stack.length - 1] < 0) stack.pop();
        depth[i] = stack.length; stack.push(i);
        if (!state.off.has(R[i].g)) bars.push({ from: i, to: close[i] < 0 ? N - 1 : close[i], lane: l, d: depth[i] });
      } else if (closes(R[i])) {
        const at = stack.indexOf(R[i].o - 1);
        depth[i] = depth[R[i].o - 1];
        if (at >= 0) stack[at] = -1;
      } else {
        let n = stack.length; while (n && stack[n - 1] < 0) n--;
        depth[i] = n;
      }
    }
    width = Math.max(width, scroll.clientWidth);
    sheet.style.height = view.length * RH + "px";
    sheet.style.width = rowsBox.style.width = width + "px";
    drawLanes(); drawMap(); draw();
    $("count").textContent = view.length === N ? N + " rows" : view.length + " of " + N + " rows";
  }

  function drawLanes() {
    const head = $("lanehead");
    head.textContent = ""; head.style.width = width + "px";
    const corner = el("span", "corner", "event · virtual time"); corner.style.width = GUT + "px"; head.append(corner);
    for (const l of lanes) { const s = el("span", "lanename", l.name.replace(/(\/|→ )/g, "$1\u200b").replace(/#/g, "\u200b#")); s.style.left = l.left + "px"; s.style.width = l.w - 2 + "px"; s.title = l.name; head.append(s); }
  }
  function drawMap() {
    map.textContent = "";
    const at = (i) => (100 * posOf[i] / Math.max(1, view.length)) + "%";
    R.forEach((r, i) => { if (r.g === "fault") { const t = el("i", "fault"); t.style.top = at(i); map.append(t); } });
    for (const i of marks.keys()) { const t = el("i", marks.get(i).v ? "more" : ""); t.style.top = at(i); map.append(t); }
    map.append(el("b"));
  }

  function time(ns) {
    if (ns === 0) return "0";
    if (ns < 1e3) return ns + "ns";
    if (ns < 1e6) return +(ns / 1e3).toFixed(3) + "µs";
    if (ns < 1e9) return +(ns / 1e6).toFixed(3) + "ms";
    return +(ns / 1e9).toFixed(6) + "s";
  }
  // Most operations have no result; of those that have, refusal matters.
  const judged = new Set(["work_queue.add", "container.connect", "container.listen", "container.run"]);
  const result = (r, before) => r.r ? before + "ok" : judged.has(r.n) ? before + "refused" : "";
  function label(r) {
    const c = el("span", "cell " + r.g + (closes(r) ? " closing" : ""));
    let name = r.n;
    if (r.k === "begin") name = "▶ " + name; else if (r.k === "end") name = "◀ " + name;
    else if (r.k === "return") name = "← " + name + result(r, " ");
    else if (r.k === "call") name = "→ " + name;
    else if (r.k === "note") name = "• " + name; else if (r.k === "fault") name = "⚡ " + name;
    else if (r.k === "wire") name = (r.b ? "◁ " : "▷ ") + (r.n === "frame" ? r.e : r.n + (r.e ? " " + r.e : ""));
    c.append(name);
    const about = r.k === "wire" || closes(r) ? (r.k === "return" && r.e ? r.e : "") : [r.x, r.e].filter(Boolean).join(" · ");
    if (about) c.append(el("em", "", "  " + shorten(about)));
    return c;
  }
  // Inside its own column a connection need not be named again.
  function shorten(text) {
    if (state.lanes === "domain") text = text.replace(/^(container \d+, )?(connection|listener|queue) \d+(, )?/, "");
    return text.replace(/connection (\d)/, "conn $1").replace(/container (\d)/, "cont $1");
  }

  function badge(i) {
    const m = marks.get(i);
    return m ? el("span", "badge" + (m.v ? " more" : ""), m.v ? "!" : m.label) : null;
  }
  function draw() {
    const top = scroll.scrollTop, h = scroll.clientHeight || 600;
    const a = Math.max(0, Math.floor(top / RH) - 8), b = Math.min(view.length, Math.ceil((top + h) / RH) + 8);
    const frag = document.createDocumentFragment();
    drawBars(frag, a, b);
    for (let p = a; p < b; p++) frag.append(drawRow(p));
    rowsBox.replaceChildren(frag);
    drawArrows(a, b);
    const view0 = map.querySelector("b");
    if (view0) { const total = Math.max(1, view.length * RH); view0.style.top = 100 * top / total + "%"; view0.style.height = Math.min(100, 100 * h / total) + "%"; }
    document.body.dataset.rendered = b - a;
  }
  function drawRow(p) {
    const i = view[p], r = R[i], row = el("div", "row");
    row.style.top = p * RH + "px"; row.style.width = width + "px"; row.dataset.i = i;
    if (i === state.sel) row.classList.add("sel");
    if (marks.has(i)) row.classList.add(marks.get(i).v ? "also" : "marked");
    if (state.loose && state.sel >= 0 && i !== state.sel && (!r.q || ordered(i, state.sel))) row.classList.add("fade");
    const g = el("span", "gut");
    g.append(el("b", "", r.q || ""), el("i", "", p && i !== state.sel && R[view[p - 1]].t === r.t ? "" : time(r.t)));
    row.append(g);
    if (laneOf[i] >= 0) {
      const l = lanes[laneOf[i]], c = label(r), d = Math.min(depth[i], 8), m = badge(i);
      if (m) c.prepend(m);
      c.style.left = l.left + 4 + d * 8 + (opens(r) || closes(r) ? 8 : 2) + "px";
      c.style.maxWidth = width - l.left - 10 - d * 8 + "px";
      c.title = [r.n, r.x, r.e].filter(Boolean).join(" · ");
      row.append(c);
    }
    return row;
  }
  function drawBars(frag, a, b) {
    for (const l of lanes) { const s = el("div", "lane"); s.style.left = l.left + "px"; s.style.top = a * RH + "px"; s.style.height = (b - a) * RH + "px"; frag.append(s); }
    for (const x of bars) {
      const p = posOf[x.from], q = posOf[x.to];
      if (q < a || p >= b || p === q) continue;
      const s = el("div", "bar " + R[x.from].g + (state.sel === x.from || state.sel === x.to ? " hot" : ""));
      s.style.left = lanes[x.lane].left + 4 + Math.min(x.d, 8) * 8 + "px";
      const t0 = Math.max(p, a - 1), t1 = Math.min(q, b);
      s.style.top = t0 * RH + 4 + "px"; s.style.height = (t1 - t0) * RH + 12 + "px";
      frag.append(s);
    }
  }

  const shown = (i) => laneOf[i] >= 0 && view[posOf[i]] === i;
  function drawArrows(a, b) {
    svg.setAttribute("width", width); svg.setAttribute("height", view.length * RH);
    let out = '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker>' +
      '<marker id="tiphot" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>';
    let n = 0;
    for (const e of state.arrows ? M.edges : []) {
      const [f, t, kind] = e, hot = f === state.sel || t === state.sel;
      if (posOf[t] < a || posOf[f] >= b || !shown(f) || !shown(t) || closes(R[t]) || R[t].k === "call") continue;
      if (!hot && (posOf[t] - posOf[f] > 60 || n > 200 || (laneOf[f] === laneOf[t] && kind !== 2))) continue;
      n++;
      const lf = lanes[laneOf[f]], lt = lanes[laneOf[t]], y1 = posOf[f] * RH + 10, y2 = posOf[t] * RH + 10;
      const x2 = lt.left + 3 + Math.min(depth[t], 8) * 8, right = lf.left < lt.left;
      const x1 = right ? lf.left + 60 : lf.left + 6 + Math.min(depth[f], 8) * 8;
      const d = lf === lt ? `M${x1} ${y1 + 6}C${lf.left - 14} ${y1 + 14} ${lf.left - 14} ${y2 - 4} ${x2} ${y2}`
        : `M${x1} ${y1 + 7}C${x1} ${(y1 + y2) / 2 + 10} ${x2 + (right ? -30 : 40)} ${y2 - 14} ${x2} ${y2}`;
      out += `<path d="${d}" class="${kind === 1 ? "serial" : kind === 2 ? "wirearrow" : ""}${hot ? " hot" : ""}" marker-end="url(#${hot ? "tiphot" : "tip"})"/>`;
    }
    svg.innerHTML = out;
  }

  // Happens-before, from the edges and the order of each thread, as vector clocks.
  let clocks = null, nth = null;
  function computeClocks() {
    const T = M.threads.length + 1;
    clocks = new Int32Array(N * T); nth = new Int32Array(N);
    const last = new Int32Array(T).fill(-1);
    for (let i = 0; i < N; i++) {
      const h = R[i].h || 0;
      if (!R[i].q) continue;
      const c = clocks.subarray(i * T, i * T + T);
      if (last[h] >= 0) { c.set(clocks.subarray(last[h] * T, last[h] * T + T)); nth[i] = nth[last[h]]; }
      nth[i]++; c[h] = nth[i]; last[h] = i;
      for (const e of into.get(i) || []) if (e[2] !== 2) { const o = e[0] * T; for (let t = 0; t < T; t++) if (clocks[o + t] > c[t]) c[t] = clocks[o + t]; }
    }
  }
  function before(a, b) { if (!clocks) computeClocks(); const T = M.threads.length + 1; return a !== b && clocks[b * T + (R[a].h || 0)] >= nth[a]; }
  const ordered = (a, b) => a === b || before(a, b) || before(b, a);

  function link(i, note) {
    const r = R[i], d = el("div"), a = el("a", "", (r.q ? "#" + r.q + " " : "") + (r.k === "wire" && r.n === "frame" ? r.e : r.n));
    a.onclick = () => select(i, true);
    const b = badge(i); if (b) d.append(b);
    d.append(a, " ", el("span", "", [opens(r) || closes(r) ? verb[r.k] : "", note, r.x, r.h ? "on " + M.threads[r.h - 1] : ""].filter(Boolean).join(" · ")));
    return d;
  }
  const verb = { choice: "is chosen", begin: "begins", end: "ends", call: "is called", return: "returns", note: "(a note of the scenario)", fault: "(an injected fault)", wire: "on the wire", frame: "" };
  function table(pairs) {
    const t = el("table");
    for (const [k, v] of pairs) if (v) { const tr = el("tr"); tr.append(el("td", "", k), el("td", "", v)); t.append(tr); }
    return t;
  }
  function section(title, nodes) { if (nodes.length) detail.append(el("h3", "", title), ...nodes); }
  function drawDetail() {
    detail.textContent = "";
    const i = state.sel;
    if (i < 0) { detail.append(el("div", "", N ? "Click on an event." : "The run recorded no events.")); return; }
    const r = R[i], h = el("h2", r.g, r.n + " " + (verb[r.k] || "")), b = badge(i);
    if (b) h.prepend(b);
    detail.append(h, table([["event", r.q], ["about", r.x], ["text", r.e], ["result", r.k === "return" ? result(r, "") : ""],
      ["thread", r.h ? M.threads[r.h - 1] : ""], ["wire", r.w ? M.wires[r.w - 1] + (r.b ? ", back" : ", there") : ""], ["time", time(r.t)], ["step", r.s]]));
    const bad = M.marks.filter((m) => m.row === i).map((m) => M.violations[m.v]).filter(Boolean);
    section(M.last ? "the last event of the thread that failed" : "shows", bad.map((t) => el("div", "shows", t)));
    const frames = M.stacks[(r.p || 0) - 1] || [];
    section("recorded at", frames.map((n) => { const l = M.lines[n], d = el("div"); d.append(el("code", "", l.at), " in " + l.fn); if (l.src) d.append(el("code", "src", l.src)); return d; }));
    if (opens(r)) section("ends with", close[i] >= 0 ? [link(close[i])] : [el("div", "", "the run: it did not end by itself")]);
    if (closes(r)) section("began with", [link(r.o - 1)]);
    const why = (e) => e[2] === 1 ? "same serial domain" : e[2] === 2 ? "the frame" : "its cause";
    section("had to come after", (into.get(i) || []).map((e) => link(e[0], why(e))));
    section("had to come before", (outOf.get(i) || []).map((e) => link(e[1], e[2] === 1 ? "same serial domain" : "")));
    const c = M.choices[(r.c || 0) - 1];
    if (c) section("at step " + c.step + " the scheduler chose " + c.chosen + ", and could have chosen", c.others.map((o) => { const d = el("div"); d.append(el("code", "", o)); return d; }));
    if (r.q) drawOrder(i);
  }
  function drawOrder(i) {
    let a = 0, b = 0, loose = 0;
    for (let k = 0; k < N; k++) if (R[k].q && k !== i) { if (before(k, i)) a++; else if (before(i, k)) b++; else loose++; }
    section("order", [el("div", "", a + " events are before it, " + b + " after, and " + loose + " neither. What is neither could have come in another order, unless a lock or a message that is no event forbids it.")]);
  }

  function select(i, centre) {
    if (i < 0 || i >= N) return;
    state.sel = i;
    const p = posOf[i], y = p * RH, h = scroll.clientHeight - HEAD;
    if (centre) scroll.scrollTop = y - h / 2 + RH;
    else if (y < scroll.scrollTop + RH) scroll.scrollTop = y - RH;
    else if (y > scroll.scrollTop + h - 2 * RH) scroll.scrollTop = y - h + 2 * RH;
    const l = laneOf[i] >= 0 ? lanes[laneOf[i]] : null;
    if (l && (l.left - GUT < scroll.scrollLeft || l.left + l.w > scroll.scrollLeft + scroll.clientWidth)) scroll.scrollLeft = Math.max(0, l.left + l.w + 160 - scroll.clientWidth);
    const b = document.body.dataset;
    b.selected = R[i].q || ""; b.row = i;
    draw(); drawDetail();
  }
  function step(by) {
    const p = posOf[Math.max(0, state.sel)], on = state.sel >= 0 && shown(state.sel);
    const q = state.sel < 0 ? 0 : on ? p + by : by > 0 ? p : p - 1;
    if (q >= 0 && q < view.length) select(view[q], false);
  }
  function stepMark(by) {
    const all = [...marks.keys()].sort((a, b) => a - b);
    const next = by > 0 ? all.find((i) => i > state.sel) : all.filter((i) => i < state.sel).pop();
    const to = next === undefined ? (by > 0 ? all[0] : all[all.length - 1]) : next;
    if (to !== undefined) select(to, true);
  }
  function setLanes(v) { state.lanes = v; $("lanes").value = v; document.body.dataset.lanes = v; layout(); if (state.sel >= 0) select(state.sel, true); }

  const keys = {
    j: () => step(1), k: () => step(-1), ArrowDown: () => step(1), ArrowUp: () => step(-1), n: () => stepMark(1), p: () => stepMark(-1),
    o: () => { const r = R[state.sel]; if (r) select(closes(r) ? r.o - 1 : close[state.sel], false); },
    c: () => { const e = (into.get(state.sel) || []).find((x) => x[2] === 0) || (into.get(state.sel) || [])[0]; if (e) select(e[0], false); },
    l: () => setLanes(state.lanes === "thread" ? "domain" : "thread"),
    u: () => { $("loose").checked = state.loose = !state.loose; draw(); },
    h: () => fold(), "/": () => $("filter").focus(),
    g: () => view.length && select(view[0], true), G: () => view.length && select(view[view.length - 1], true),
  };
  function fold() { const f = document.body.classList.toggle("folded"); $("fold").textContent = f ? "▾ head" : "▴ head"; draw(); }
  document.addEventListener("keydown", (e) => {
    if (e.target.id === "filter") { if (e.key === "Escape" || e.key === "Enter") e.target.blur(); return; }
    if (e.ctrlKey || e.metaKey || e.altKey || !keys[e.key]) return;
    e.preventDefault(); keys[e.key]();
  });

  // Controls.
  $("lanes").onchange = (e) => { setLanes(e.target.value); e.target.blur(); };
  $("filter").oninput = (e) => { state.filter = e.target.value; layout(); };
  $("arrows").onchange = (e) => { state.arrows = e.target.checked; draw(); };
  $("loose").onchange = (e) => { state.loose = e.target.checked; draw(); };
  $("fold").onclick = fold;
  scroll.addEventListener("scroll", () => requestAnimationFrame(draw));
  window.addEventListener("resize", layout);
  rowsBox.addEventListener("click", (e) => { const row = e.target.closest(".row"); if (row) select(+row.dataset.i, false); });
  map.onclick = (e) => { scroll.scrollTop = e.offsetY / map.clientHeight * view.length * RH - scroll.clientHeight / 2; };
  const classes = { callback: "callbacks", work: "work", call: "calls", note: "notes", frame: "frames", fault: "faults" };
  for (const g in classes) if (R.some((r) => r.g === g)) {
    const l = el("label", g), box = el("input"); box.type = "checkbox"; box.checked = true;
    box.onchange = () => { if (box.checked) state.off.delete(g); else state.off.add(g); layout(); };
    l.append(box, " " + classes[g]); $("kinds").append(l);
  }

  // The address may say what to show: #lanes=domain&filter=word&event=7&keys=jjk&bench=1
  const want = new URLSearchParams(location.hash.slice(1));
  if (want.get("filter")) $("filter").value = state.filter = want.get("filter");
  if (want.get("lanes") === "domain") state.lanes = "domain";
  const box = $("marks");
  if (box) { for (const i of shownBy) box.append(link(i, "")); if (M.last) $("shown-by").textContent = "last event"; if (!shownBy.length) { $("shown-by").remove(); box.remove(); } }
  setLanes(state.lanes);
  const first = rowOfSeq.get(+want.get("event"));
  if (first !== undefined) select(first, true);
  else if (shownBy.length) select(shownBy[shownBy.length - 1], true);
  else if (marks.size) select([...marks.keys()][0], true);
  else if (N) select(view.length ? view[0] : 0, true);
  else drawDetail();
  for (const k of want.get("keys") || "") document.dispatchEvent(new KeyboardEvent("keydown", { key: k, bubbles: true }));
  const data = document.body.dataset;
  data.loadms = Math.round(performance.now() - started);
  if (want.get("bench")) {
    const t = performance.now();
    for (let k = 0; k < 100; k++) { scroll.scrollTop = k * view.length * RH / 100; draw(); void rowsBox.offsetHeight; }
    data.drawms = ((performance.now() - t) / 100).toFixed(2);
  }
  data.count = N; data.ready = "1";
})();
