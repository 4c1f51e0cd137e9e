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

const short = (time) => (time ?? "").replace("T", " ").replace(/:\d\d(\.\d+)?Z$/, "");

function fact(list, name, value) {
  const pair = document.createElement("div");
  pair.append(text("dt", name), text("dd", value));
  list.append(pair);
}

function drawLine(line, notices, conflicts, warnings) {
  const section = $("#line").content.cloneNode(true).firstElementChild;
  $(".name", section).textContent = `Line with ${line.name}`;
  const state = $(".state", section);
  state.textContent = line.state;
  state.classList.add(line.state.split(" ")[0]);
  $(".says", section).textContent = line.says;
  const facts = $(".facts", section);
  fact(facts, "our entries", `${line.own.size}, cosigned ${line.acknowledged}`);
  fact(facts, "their entries", `${line.copy.size}`);
  fact(facts, "waiting", `${line.waiting}`);
  fact(facts, "faults of theirs", `${line.faults}`);
  fact(facts, "fork evidence", `${line.evidence}`);
  if (line.round_trip_ms != null) fact(facts, "round trip", `${line.round_trip_ms.toFixed(1)} ms`);
  fact(facts, "joint hash", line.joint.slice(0, 12));
  drawAlarms($(".alarms", section), notices);
  drawConflicts($(".conflicts", section), conflicts);
  drawWarnings($(".warnings", section), warnings);
  drawNotices($(".notices", section), notices);
  drawPicture($(".picture", section), notices, conflicts);
  return section;
}

function drawAlarms(box, notices) {
  const open = notices.filter((n) => n.ringing);
  for (const n of open) box.append(text("p", `SAFETY ${n.at.hash.slice(0, 8)}: ${n.notice.detail?.endangered ?? ""} (${n.notice.detail?.ask ?? ""})`));
}

const whose = { ours: "our", theirs: "their" };

function drawConflicts(list, conflicts) {
  if (!conflicts.length) list.append(text("li", "none"));
  for (const c of conflicts) {
    const item = document.createElement("li");
    for (const s of c.sentences) item.append(Object.assign(text("div", s.text), { lang: s.language }));
    item.append(text("div", `${c.settlement.state}: ${c.settlement.says}`, c.settlement.state === "settled" ? "settled" : ""));
    for (const o of c.settlement.offers) item.append(text("div", `${whose[o.by]} offer ${o.at.hash.slice(0, 8)}: ${whose[o.changes]} notice ${o.change}`));
    list.append(item);
  }
}

function drawWarnings(list, warnings) {
  if (!warnings.length) list.append(text("li", "nothing"));
  for (const w of warnings) list.append(text("li", `our notice ${w.notice.slice(0, 8)} meets their entry ${w.with.hash.slice(0, 8)}`));
}

function drawNotices(body, notices) {
  for (const n of notices) {
    const row = document.createElement("tr");
    const words = n.notice.title ?? n.notice.text?.text ?? n.notice.detail?.endangered ?? "";
    const cells = [n.at.hash.slice(0, 8), n.by, n.notice.kind, n.notice.precedence, `L${n.level}`, words];
    for (const cell of cells) row.append(text("td", cell ?? ""));
    if (n.short_by_min) row.lastChild.append(" ", text("span", `SHORT by ${n.short_by_min} min`, "short"));
    row.append(text("td", short(n.notice.valid_from), "time"), text("td", short(n.notice.valid_until), "time"));
    body.append(row);
  }
}

// Equirectangular around the middle of everything shown: good enough to see who is where.
function drawPicture(svg, notices, conflicts) {
  const points = notices.flatMap((n) => n.notice.volumes.flatMap((v) => v.positions));
  if (!points.length) return svg.closest("figure").remove();
  const lats = points.map((p) => p[0]);
  const lons = points.map((p) => p[1]);
  const middle = (Math.min(...lats) + Math.max(...lats)) / 2;
  const k = Math.cos((middle * Math.PI) / 180);
  const span = Math.max((Math.max(...lons) - Math.min(...lons)) * k, ((Math.max(...lats) - Math.min(...lats)) * 600) / 420, 0.05) * 1.15;
  const scale = 600 / span;
  const x = (lon) => 300 + (lon - (Math.min(...lons) + Math.max(...lons)) / 2) * k * scale;
  const y = (lat) => 210 - (lat - middle) * scale;
  const metres = (m) => Math.max(3, (m / 111195) * scale);
  for (const n of notices) {
    const group = document.createElementNS(SVG, "g");
    group.classList.add(n.by);
    for (const v of n.notice.volumes) group.append(...drawVolume(v, x, y, metres));
    const title = document.createElementNS(SVG, "title");
    title.textContent = `${n.notice.kind} ${n.notice.title ?? ""}`;
    group.append(title);
    svg.append(group);
  }
  for (const c of conflicts) for (const m of c.meetings.slice(0, 1)) svg.append(circle(x(m.at[1]), y(m.at[0]), 9, "meet"));
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
  if (v.shape === "path") path.setAttribute("stroke-opacity", "0.45");
  return [path];
}

let drawing = false;
async function draw() {
  if (drawing) return;
  drawing = true;
  try {
    const status = await ask("/v1/status");
    $("#node").textContent = `version ${status.version}, disk ${status.disk}, ${status.book} entries in the book, ${short(status.now)}`;
    $("#door").hidden = true;
    const lines = await Promise.all(status.lines.map(async (line) => {
      const base = `/v1/lines/${line.line}`;
      return drawLine(line, ...(await Promise.all([ask(`${base}/notices`), ask(`${base}/conflicts`), ask(`${base}/warnings`)])));
    }));
    $("#lines").replaceChildren(...(lines.length ? lines : [text("p", "No line yet: detente invite, or detente join.")]));
  } catch (fault) {
    $("#node").textContent = fault.status ? fault.message : "the node does not answer";
    if (fault.status === 401) $("#door").hidden = false;
  }
  drawing = false;
}

$("#door").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("token", $("#token").value.trim());
  draw();
});

draw();
setInterval(draw, 2000);
