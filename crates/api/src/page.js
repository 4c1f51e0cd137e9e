// The status page: asks the node's API, draws what comes back. No framework, nothing from elsewhere.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const token = () => sessionStorage.getItem("token") ?? "";
const SVG = "http://www.w3.org/2000/svg";

if (location.hash.length > 1) {
  sessionStorage.setItem("token", location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
}

async function ask(path) {
  const answer = await fetch(path, { headers: { Authorization: `Bearer ${token()}` } });
  if (!answer.ok) throw Object.assign(new Error((await answer.json()).error), { status: answer.status });
  return answer.json();
}

function text(tag, words, className = "") {
  const element = document.createElement(tag);
  element.textContent = words;
  element.className = className;
  return element;
}

const counted = (count, word) => (count === 1 ? `1 ${word}` : `${count} ${word}s`);
const whose = { ours: "our", theirs: "their" };
const short = (time) => (time ?? "").replace("T", " ").replace(/:\d\d(\.\d+)?Z$/, "");

function fact(list, name, value) {
  const pair = document.createElement("div");
  pair.append(text("dt", name), text("dd", value));
  list.append(pair);
}

function drawLine(line, notices, conflicts, warnings, matches, hits, ways, grounds, density) {
  const section = $("#line").content.cloneNode(true).firstElementChild;
  $(".name", section).textContent = `Line with ${line.name}`;
  const state = $(".state", section);
  state.textContent = line.state;
  state.classList.add(line.state.split(" ")[0]);
  $(".says", section).textContent = [line.says, line.state_says].filter(Boolean).join("; ");
  const facts = $(".facts", section);
  fact(facts, "our entries", `${line.own.size}, cosigned ${line.acknowledged}`);
  fact(facts, "their entries", `${line.copy.size}`);
  fact(facts, "waiting", `${line.waiting}`);
  fact(facts, "faults of theirs", `${line.faults}`);
  fact(facts, "fork evidence", line.undecided ? `${line.evidence}, ${line.undecided} to decide` : `${line.evidence}`);
  if (line.round_trip_ms != null) fact(facts, "round trip", `${line.round_trip_ms.toFixed(1)} ms`);
  if (conflicts.length) fact(facts, "joint hash", line.joint.slice(0, 12));
  drawAlarms($(".alarms", section), notices);
  drawConflicts($(".conflicts", section), conflicts, line.counts, ways);
  drawWarnings($(".warnings", section), warnings);
  drawMatching($(".matching", section), matches, hits);
  drawNotices($(".notices", section), notices);
  const live = line.counts.ours + line.counts.theirs;
  if (live > notices.length) fact(facts, "live notices", `${live}, the first ${notices.length} shown: “detente notices” lists all`);
  drawPicture($(".picture", section), notices, conflicts, hits, grounds, density);
  return section;
}

function drawAlarms(box, notices) {
  const open = notices.filter((n) => n.ringing);
  for (const n of open) box.append(text("p", `SAFETY ${n.at.hash.slice(0, 8)}: ${n.notice.detail?.endangered ?? ""} (${n.notice.detail?.ask ?? ""})`));
}

/** In the place of an empty list: that there is nothing. */
function none(list, words) {
  list.replaceWith(text("p", words, "none"));
}

function drawConflicts(list, conflicts, counts, ways) {
  if (!conflicts.length) return none(list, counts.finding ? "Conflicts are being found." : "No conflicts.");
  if (conflicts.length < counts.conflicts || counts.finding) {
    const more = counts.finding ? "; more are being found" : "";
    list.before(text("p", `${conflicts.length} of ${counts.conflicts} conflicts${more}. All of them: detente conflicts`, "none"));
  }
  for (const c of conflicts) {
    const item = document.createElement("li");
    for (const s of c.sentences) item.append(Object.assign(text("div", s.text), { lang: s.language }));
    item.append(text("div", `${c.settlement.state}: ${c.settlement.says}`, "stand"));
    for (const o of c.settlement.offers) item.append(text("div", `${whose[o.by]} offer ${o.at.hash.slice(0, 8)}: ${whose[o.changes]} notice ${o.change}`));
    if (ways[c.id]) item.append(drawWays(ways[c.id], c.id));
    list.append(item);
  }
}

/** The conflicts whose other ways out are open: it stays so when the list is drawn anew. */
const opened = new Set();

/** Shifts of our notice that clear a conflict, by what both sides have disclosed: the best, and the others on request. */
function drawWays(found, conflict) {
  const [best, ...others] = found.shifts;
  if (!best) return text("div", found.says, "stand");
  const box = document.createElement("div");
  box.className = "ways";
  box.append(text("div", "A way out, the best that was found:", "stand"), ...drawShift(best, conflict));
  if (!others.length) return box;
  const more = document.createElement("details");
  more.open = opened.has(conflict);
  more.addEventListener("toggle", () => (more.open ? opened.add(conflict) : opened.delete(conflict)));
  more.append(text("summary", others.length === 1 ? "one more way" : `${others.length} more ways`));
  for (const shift of others) more.append(...drawShift(shift, conflict));
  box.append(more);
  return box;
}

/** A shift in both languages, and how to offer it. */
function drawShift(shift, conflict) {
  const said = shift.sentences.map((s) => Object.assign(text("div", s.text), { lang: s.language }));
  return [...said, text("code", `detente settle offer ${conflict.slice(0, 8)} --suggestion ${shift.name}`)];
}

function drawWarnings(list, warnings) {
  if (!warnings.length) return none(list, "Nothing.");
  for (const w of warnings) list.append(text("li", `our notice ${w.notice.slice(0, 8)} meets their entry ${w.with.hash.slice(0, 8)}`));
}

/** Blind conflicts come in pages of so many. */
const HITS_PAGE = 200;

/** What blind matching found, when it is done next, and how much of the domain each side can have probed on this day. */
function drawMatching(box, matches, hits) {
  if (!matches || !hits) return box.replaceChildren(text("p", "Blind matching cannot be shown now.", "none"));
  if (!matches.every_min && !matches.runs.length && !matches.under_way.length && !hits.length) return box.remove();
  const latest = matches.runs.find((run) => run.state !== "under-way");
  const { common, unknown } = matches;
  if (common) $(".hits", box).append(text("li", `${common.cells === 1 ? "1 cell is" : `${common.cells} cells are`} common with the run of ${short(common.at)} (which ones is not told)`));
  // What is not known is not nothing.
  if (unknown) $(".hits", box).append(text("li", unknown));
  else if (!common && !hits.length) none($(".hits", box), "Nothing.");
  for (const hit of hits) $(".hits", box).append(drawHit(hit));
  if (hits.length === HITS_PAGE) $(".hits", box).after(text("p", `The first ${HITS_PAGE}. All of them: detente match status`, "none"));
  const under = matches.under_way.map((run) => `under way since ${short(run.since)}, at ${run.step}`);
  const last = latest ? [`last run ${latest.at ? short(latest.at) : latest.run.slice(0, 8)}: ${latest.says}`] : [];
  const next = matches.next ? [`next run ${short(matches.next)}, one every ${matches.every_min} min`] : [matches.every_min ? "the next run is not known" : "no fixed runs by the terms"];
  $(".runs", box).textContent = [...under, ...last, ...next].join("; ");
  const spent = (side) => `${(side.share * 100).toLocaleString("en", { maximumSignificantDigits: 2, useGrouping: false })} % of the domain in ${counted(side.runs, "run")}, ${side.asked} of ${side.asked_most} asked for`;
  $(".probed", box).textContent = `Can have probed today: we ${spent(matches.ours)}; they ${spent(matches.theirs)}.`;
}

/** What a plan of ours is: it may be in the book alone, and in no list. */
function planned(plan) {
  const named = [plan.title && `“${plan.title}”`, plan.call_sign && `call sign ${plan.call_sign}`].filter(Boolean);
  return `${[plan.kind, ...named].join(" ")}, ${short(plan.from)} to ${short(plan.until)}`;
}

/** Where something of theirs may be too close to a plan of ours, and what an officer can do about it. */
function drawHit(hit) {
  const item = document.createElement("li");
  const [id, windows] = [hit.id.slice(0, 8), hit.volumes.map((v) => [v.start, v.end])];
  const from = windows.map(([start]) => start).reduce((a, b) => (a < b ? a : b), windows[0]?.[0]);
  const until = windows.map(([, end]) => end).reduce((a, b) => (a > b ? a : b), windows[0]?.[1]);
  const spoilt = hit.agrees === false ? "; the other side sealed another result" : hit.agrees ? "" : "; the other side has not said yet what it found";
  item.append(text("div", `something of theirs may be too close to our ${planned(hit.plan)}, notice ${hit.notice.slice(0, 8)}, in ${counted(hit.cells, "cell")} from ${short(from)} to ${short(until)}${spoilt}`));
  if (hit.asked.length) item.append(text("div", "They ask us to show this part.", "stand"));
  if (hit.changed) item.append(text("div", `this part was shown as notice ${hit.changed.slice(0, 8)}, and that was changed since: change the plan itself alike`, "stand"));
  if (hit.shown) item.append(text("div", `this part is shown as notice ${hit.shown.slice(0, 8)}`, "stand"));
  else item.append(text("code", `detente match show ${id}`), " or ", text("code", `detente match ask ${id}`));
  return item;
}

/** What a notice says in one line; a coarse one says what is kept back. */
function words(notice) {
  const coarse = notice.precision !== "exact" ? ` (on the ${notice.precision} grid)` : "";
  const said = notice.title ?? notice.text?.text ?? notice.detail?.endangered;
  return said ? said + coarse : `title kept back${coarse}`;
}

/** The highest receipt level, and since when. */
function reached(n) {
  const name = ["", "", "read", "listed", "passed"][n.level];
  const since = n.receipts.find((r) => r.level === name)?.claimed ?? n.stored;
  return since ? `L${n.level} · ${short(since).slice(11)}` : `L${n.level}`;
}

function drawNotices(body, notices) {
  if (!notices.length) return none(body.closest("table"), "No live notices.");
  for (const n of notices) {
    const row = document.createElement("tr");
    const cell = (words, className) => row.append(text("td", words ?? "", className));
    cell(n.at.hash.slice(0, 8), "entry");
    for (const words of [n.by, n.notice.kind, n.notice.precedence]) cell(words);
    cell(reached(n), "time level");
    cell(words(n.notice), "words");
    if (n.disputed) row.lastChild.append(" ", text("span", "DISPUTED: its key is revoked", "short"));
    if (n.action) row.lastChild.append(text("div", `action: ${n.action.action.text}${n.action.by ? ` (by ${short(n.action.by)})` : ""}`, "stand"));
    if (n.short_by_min) row.lastChild.append(" ", text("span", `SHORT by ${n.short_by_min} min`, "short"));
    cell(short(n.notice.valid_from), "time");
    cell(short(n.notice.valid_until), "time");
    body.append(row);
  }
}

// Equirectangular around the middle of everything shown: good enough to see who is where.
function plane(volumes) {
  const points = volumes.flatMap((v) => v.positions);
  if (!points.length) return null;
  const lats = points.map((p) => p[0]);
  // Where they lie on both sides of the antimeridian, the western hemisphere is drawn east of the eastern one.
  const across = Math.max(...points.map((p) => p[1])) - Math.min(...points.map((p) => p[1])) > 180;
  const east = (lon) => (across && lon < 0 ? lon + 360 : lon);
  const lons = points.map((p) => east(p[1]));
  const middle = (Math.min(...lats) + Math.max(...lats)) / 2;
  const meridian = (Math.min(...lons) + Math.max(...lons)) / 2;
  const k = Math.max(0.01, Math.cos((middle * Math.PI) / 180));
  const span = Math.max((Math.max(...lons) - Math.min(...lons)) * k, ((Math.max(...lats) - Math.min(...lats)) * 600) / 420, 0.05) * 1.15;
  const scale = 600 / span;
  const degrees = (lon) => 300 + (lon - meridian) * k * scale;
  const x = (lon) => degrees(east(lon));
  const y = (lat) => 210 - (lat - middle) * scale;
  const metres = (m) => Math.max(3, (m / 111195) * scale);
  const [high, wide] = [210 / scale, 300 / scale / k];
  return { x, y, degrees, metres, south: Math.max(-90, middle - high), north: Math.min(90, middle + high), west: meridian - wide, east: meridian + wide };
}

const volumesOf = (notices, hits) => [...notices.flatMap((n) => n.notice.volumes), ...(hits ?? []).flatMap((hit) => hit.volumes)];

function drawPicture(svg, notices, conflicts, hits, grounds, density) {
  const map = plane(volumesOf(notices, hits));
  if (!map) return svg.closest("figure").remove();
  const { x, y, metres } = map;
  if (density) svg.append(drawDensity(density, map));
  for (const n of notices) {
    const group = document.createElementNS(SVG, "g");
    group.classList.add(n.by);
    for (const v of n.notice.volumes) group.append(...drawVolume(v, x, y, metres));
    const title = document.createElementNS(SVG, "title");
    title.textContent = `${n.notice.kind} ${n.notice.title ?? ""}`;
    group.append(title);
    svg.append(group);
  }
  svg.append(drawHits(hits, map));
  for (const c of conflicts) svg.append(...drawGround(grounds[c.id], x, y));
  conflicts.forEach((c, i) => {
    for (const m of c.meetings.slice(0, 1)) svg.append(circle(x(m.at[1]), y(m.at[0]), 9, "meet"), numbered(x(m.at[1]), y(m.at[0]), i + 1));
  });
}

/** Where it was found blindly that something may be too close. */
function drawHits(hits, { x, y, metres }) {
  const group = document.createElementNS(SVG, "g");
  group.classList.add("blind");
  for (const hit of hits ?? []) for (const v of hit.volumes) group.append(...drawVolume(v, x, y, metres));
  return group;
}

/** The ground on which two notices are too close. */
function drawGround(ground, x, y) {
  if (!ground) return [];
  const rings = ground.grounds.flatMap((pair) => pair.polygons ?? []).flat();
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", rings.map((ring) => `M${ring.map(([lon, lat]) => `${x(lon).toFixed(1)} ${y(lat).toFixed(1)}`).join("L")}Z`).join(""));
  path.setAttribute("class", "ground");
  return [path];
}

/** The number of a conflict in the list, beside its mark; inside the picture. */
function numbered(cx, cy, number) {
  const label = document.createElementNS(SVG, "text");
  label.textContent = number;
  for (const [name, value] of Object.entries({ x: cx > 570 ? cx - 24 : cx + 12, y: Math.max(16, cy + 5), class: "number" })) label.setAttribute(name, value);
  return label;
}

/** How many live volumes of either side use each cell: the stronger the grey, the more. */
function drawDensity(density, { y, degrees, west: edge }) {
  const group = document.createElementNS(SVG, "g");
  group.classList.add("density");
  const { south, cell_height, cell_width, rows, columns } = density;
  const west = density.west + Math.round((edge - density.west) / 360) * 360;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const many = density.ours[row * columns + column] + density.theirs[row * columns + column];
      if (!many) continue;
      const [left, top] = [degrees(west + column * cell_width), y(south + (row + 1) * cell_height)];
      const cell = document.createElementNS(SVG, "rect");
      const width = degrees(west + (column + 1) * cell_width) - left;
      const height = y(south + row * cell_height) - top;
      const values = { x: left.toFixed(1), y: top.toFixed(1), width: width.toFixed(1), height: height.toFixed(1) };
      for (const [name, value] of Object.entries({ ...values, "fill-opacity": Math.min(0.42, 0.07 * many).toFixed(2) })) cell.setAttribute(name, value);
      group.append(cell);
    }
  }
  return group;
}

function circle(cx, cy, r, className) {
  const element = document.createElementNS(SVG, "circle");
  for (const [name, value] of Object.entries({ cx, cy, r, class: className })) element.setAttribute(name, value);
  return element;
}

function drawVolume(v, x, y, metres) {
  if (v.shape === "point") return [circle(x(v.positions[0][1]), y(v.positions[0][0]), metres(v.radius_m), "shape")];
  const path = document.createElementNS(SVG, "path");
  const at = v.positions.map(([lat, lon]) => `${x(lon).toFixed(1)} ${y(lat).toFixed(1)}`);
  path.setAttribute("d", `M${at.join("L")}${v.shape === "polygon" ? "Z" : ""}`);
  path.setAttribute("class", v.shape === "polygon" ? "shape" : "track");
  if (v.shape === "path") path.setAttribute("stroke-width", Math.max(2, 2 * metres(v.radius_m) * 0.5));
  return [path];
}

/** What is on the screen, as it came: nothing is drawn anew while it stays the same. */
let shown = "";
let answered = "";

/** What takes the node some work is asked again only when something it follows from has changed. */
const kept = new Map();
const WAYS_MAX = 5;
const GROUNDS_MAX = 20;
const DRAWN_MAX = 2000;

async function once(what, basis, path) {
  const before = kept.get(what);
  if (before?.basis === basis) return before.answer;
  const answer = await ask(path).catch((fault) => (fault.status >= 400 && fault.status < 500 && fault.status !== 401 ? null : Promise.reject(fault)));
  kept.set(what, { basis, answer });
  return answer;
}

/** Ways out of the first conflicts that nothing is on offer for, by name. */
async function waysOut(line, base, conflicts) {
  const open = conflicts.filter((c) => c.settlement.state === "open").slice(0, WAYS_MAX);
  const ways = open.map(async (c) => [c.id, await once(`${c.id} ways`, said(line), `${base}/conflicts/${c.id}/resolutions`)]);
  return Object.fromEntries(await Promise.all(ways));
}

/** The ground of the first conflicts, by name. */
async function groundsOf(line, base, conflicts) {
  const grounds = conflicts.slice(0, GROUNDS_MAX).map(async (c) => [c.id, await once(`${c.id} ground`, said(line), `${base}/conflicts/${c.id}/ground`)]);
  return Object.fromEntries(await Promise.all(grounds));
}

function densityOf(line, base, notices, hits) {
  const volumes = volumesOf(notices, hits);
  const map = plane(volumes);
  // A picture of very many takes the node seconds, bit by bit: whoever wants it asks for it.
  if (!map || !volumes.length || line.counts.ours + line.counts.theirs > DRAWN_MAX) return null;
  const from = volumes.map((v) => v.start).reduce((a, b) => (a < b ? a : b));
  const until = volumes.map((v) => v.end).reduce((a, b) => (a > b ? a : b));
  const turn = map.west > 180 ? 360 : 0;
  const region = Object.entries({ south: map.south, west: map.west - turn, north: map.north, east: map.east - turn }).map(([name, value]) => `${name}=${value.toFixed(7)}`);
  return once(`${base} density`, said(line), `${base}/density?${region.join("&")}&from=${from}&until=${until}`);
}

/** What both logs have said, and what of it is worked out. */
const said = (line) => [line.own.generation, line.own.size, line.copy.generation, line.copy.size, line.joint, line.counts.finding].join();

async function look() {
  const status = await ask("/v1/status");
  const lines = await Promise.all(status.lines.map(async (line) => {
    const base = `/v1/lines/${line.line}`;
    const asked = ["notices?kind=safety", "notices", "conflicts", "warnings"].map((what) => ask(`${base}/${what}`));
    // An alarm does not wait for these.
    const blind = ["matches", "matches/conflicts"].map((what) => ask(`${base}/${what}`).catch((fault) => (fault.status === 401 ? Promise.reject(fault) : null)));
    const [safety, page, conflicts, warnings, matches, hits] = await Promise.all([...asked, ...blind]);
    // The first page of all; what may ring is there in any case.
    const notices = [...safety, ...page.filter((n) => n.notice.kind !== "safety")];
    const drawn = [waysOut(line, base, conflicts), groundsOf(line, base, conflicts), densityOf(line, base, notices, hits)];
    return [line, notices, conflicts, warnings, matches, hits, ...(await Promise.all(drawn))];
  }));
  return [status, lines];
}

function draw(status, lines) {
  document.title = `${status.name}: Detente`;
  $("h1").textContent = status.name;
  answered = short(status.now);
  $("#node").textContent = `Detente ${status.version}, up since ${short(status.started)}, disk ${status.disk}, ${status.book} entries in the book; ${answered} UTC`;
  $("#door").hidden = $("#trouble").hidden = true;
  $("#lines").classList.remove("stale");
  const now = JSON.stringify(lines);
  if (now === shown) return;
  shown = now;
  const none = text("p", "No line yet. One side runs “detente invite”, the other “detente join”.", "none");
  $("#lines").replaceChildren(...(lines.length ? lines.map((line) => drawLine(...line)) : [none]));
}

/** Old news must not look like news. */
function tellTrouble(fault) {
  const [away, closed] = [fault.status === undefined, fault.status === 401];
  $("#door").hidden = !closed;
  if (closed) {
    shown = "";
    $("#node").textContent = "";
    $("#lines").replaceChildren();
  }
  $("#lines").classList.add("stale");
  // Whoever has given no token yet is asked for one, and that is all.
  $("#trouble").hidden = closed && !token();
  const since = answered ? `What is below is of ${answered} UTC.` : "Is it running?";
  $("#trouble").textContent = away ? `The node does not answer. ${since}` : closed ? "This token opens nothing here." : fault.message;
}

async function go() {
  try {
    draw(...(await look()));
  } catch (fault) {
    tellTrouble(fault);
  }
}

$("#door").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("token", $("#token").value.trim());
  go();
});

async function watch() {
  await go();
  setTimeout(watch, 2000);
}
watch();
