// What the page does: it draws what the data say, for the part that is chosen.

const data = JSON.parse(document.getElementById("data").textContent);
const state = { part: 0, way: [], sort: "size", down: true, open: new Set(), word: "" };

// An element with attributes and children; texts never become markup.
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "click") {
      if (value) element.addEventListener("click", value);
      continue;
    }
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

const get = (id) => document.getElementById(id);
const part = () => data.parts[state.part];
const count = (n, what) => n + " " + what + (n === 1 ? "" : "s");

function fill(id, ...children) {
  get(id).replaceChildren(...children.filter((child) => child != null && child !== false));
}

// Who asked: the user's own words, or the distributions that require it.
function asked(dist) {
  const mine = dist.by.filter(([by]) => by === null);
  if (mine.length) return "you";
  return [...new Set(dist.by.map(([by]) => by))].join(", ");
}

function head() {
  const { label, runtime, arch, size, zip, files, dists, excluded, leftOut } = part();
  document.title = label + " · barrow";
  fill("about",
    make("h1", {}, label),
    make("p", { class: "faint" }, (runtime ? runtime + " on " + arch + " · " : "") + count(dists.length, "package")
      + (files ? " · " + count(files, "file") : "")),
    gauge("Unpacked", size, data.limit),
    zip != null && gauge("Zip", zip, data.zipLimit),
    leftOut[0] > 0 && make("p", {}, "Left out: " + bytes(leftOut[1]) + " in " + count(leftOut[0], "file") + "."),
    excluded.length > 0 && make("p", {}, "Left to the runtime: " + excluded.join(", ") + "."));
}

function gauge(what, size, limit) {
  const share = size / limit;
  const kind = share > 1 ? "over" : share > 0.5 ? "half" : "";
  const text = what + ": " + bytes(size) + ", " + Math.floor(share * 100) + "% of " + bytes(limit);
  const inner = make("i");
  inner.style.width = Math.min(100, share * 100) + "%";
  return make("div", { class: "gauge " + kind }, text, make("div", { class: "bar", "aria-hidden": "true" }, inner));
}

function changes() {
  const list = part().changes;
  const item = ([name, before, now]) => {
    if (before === null) return make("li", { class: "plus" }, "+ " + name + " " + now);
    if (now === null) return make("li", { class: "minus" }, "- " + name + " " + before);
    return make("li", { class: "other" }, "~ " + name + " " + before + " → " + now);
  };
  fill("changes", ...(list === null ? [] : [
    make("h2", {}, "Since the last run"),
    list.length ? make("ul", { class: "changes" }, ...list.map(item)) : make("p", { class: "faint" }, "No version has changed."),
  ]));
}

// The tree of a part: packages, and the user's own files. What is in a package is found when it is opened.
function roots() {
  const { dists, own } = part();
  const all = dists.map((dist) => ({ name: dist.name, version: dist.version, size: dist.size || 0, slim: dist.slim, dist }));
  const mine = own.reduce((sum, [, size]) => sum + size, 0);
  if (mine > 0) all.push({ name: "your own files", size: mine, slim: 0, files: own });
  return all.filter((node) => node.size > 0).sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
}

function childrenOf(node) {
  if (!node.children) {
    const files = node.files || (node.dist && node.dist.files);
    if (!files || !files.length) return null;
    node.children = folderTree("", files).children;
  }
  return node.children;
}

const TILES = 400;

function map() {
  const top = { name: part().label, children: part().roots || (part().roots = roots()) };
  let node = top;
  for (const name of state.way) {
    const next = (childrenOf(node) || []).find((child) => child.name === name);
    if (!next) break;
    node = next;
  }
  const way = [[top.name, []]].concat(state.way.map((name, at) => [name, state.way.slice(0, at + 1)]));
  fill("way", ...way.flatMap(([name, to], at) => {
    const here = at === way.length - 1;
    const step = here ? make("b", { class: "path" }, name) : make("button", { click: () => go(to) }, name);
    return at ? [make("span", { class: "faint", "aria-hidden": "true" }, "›"), step] : [step];
  }));
  let items = childrenOf(node) || [];
  if (items.length > TILES) {
    const rest = items.slice(TILES - 1);
    const size = rest.reduce((sum, item) => sum + item.size, 0);
    items = items.slice(0, TILES - 1).concat({ name: count(rest.length, "more"), size, slim: 0, rest: true });
    items.sort((a, b) => b.size - a.size);
  }
  const area = get("map").getBoundingClientRect();
  const total = items.reduce((sum, item) => sum + item.size, 0);
  fill("map", ...squarify(items, 0, 0, area.width, area.height).map((place) => tile(place, total)));
  if (!items.length) fill("map", make("p", { class: "faint", style: "padding:1rem" }, "There is nothing here whose size is known."));
}

function tile({ item, x, y, w, h }, total) {
  const opens = !item.rest && Boolean(item.children || item.files || (item.dist && item.dist.files.length));
  const share = ((item.size / total) * 100).toFixed(1) + "%";
  const name = item.version ? item.name + " " + item.version : item.name;
  const gone = item.slim > 0 && item.slim === item.size;
  const text = name + ", " + bytes(item.size) + ", " + share + (gone ? ", left out by --slim" : "");
  const label = w > 34 && h > 18 ? [make("b", {}, name)] : [];
  if (w > 60 && h > 36) label.push(make("span", {}, bytes(item.size) + " · " + share));
  const element = make("button", {
    class: "tile" + (opens ? " opens" : "") + (gone ? " gone" : ""), title: text, "aria-label": text, type: "button",
    "data-name": item.name, click: opens && (() => go(state.way.concat(item.name), true)),
  }, ...label);
  element.style.cssText = `left:${x}px;top:${y}px;width:${w}px;height:${h}px;--hue:${hue(state.way[0] || item.name) + (state.way.length ? hue(item.name) % 40 : 0)}`;
  return element;
}

function go(way, focus) {
  state.way = way;
  map();
  if (focus) (get("map").querySelector(".tile") || get("way").querySelector("button") || document.body).focus();
}

// The tile of this name, else the first one.
function focusTile(name) {
  const tiles = [...get("map").querySelectorAll(".tile")];
  const tile = tiles.find((one) => one.dataset.name === name) || tiles[0];
  if (tile) tile.focus();
}

const COLUMNS = [
  ["name", "Package", "", (dist) => dist.name],
  ["size", "Size", "number", (dist) => dist.size || 0],
  ["slim", "Saved by --slim", "number roomy", (dist) => dist.slim],
  ["version", "Version", "", (dist) => dist.version],
  ["license", "Licence", "words", (dist) => dist.license],
  ["by", "Asked for by", "words", (dist) => asked(dist)],
  ["index", "Index", "roomy", (dist) => dist.index],
  ["tag", "Wheel", "roomy words", (dist) => dist.tag],
];

// Numbers inside of words count as numbers: 1.10 comes behind 1.9.
const words = new Intl.Collator("en", { numeric: true });

function table() {
  const value = COLUMNS.find(([key]) => key === state.sort)[3];
  const order = (a, b) => {
    const [x, y] = [value(a), value(b)];
    const by = typeof x === "number" ? x - y : words.compare(x, y);
    return (state.down ? -by : by) || words.compare(a.name, b.name);
  };
  const shown = part().dists.filter((dist) => !state.word || [dist.name, dist.license, asked(dist), dist.index, dist.tag]
    .some((text) => text.toLowerCase().includes(state.word))).sort(order);
  fill("columns", ...COLUMNS.map(([key, title, kind]) => {
    const sorted = state.sort === key ? (state.down ? "descending" : "ascending") : "none";
    return make("th", { class: kind, scope: "col", "aria-sort": sorted },
      make("button", { type: "button", "data-sort": key, click: () => sortBy(key) }, title));
  }));
  fill("rows", ...shown.flatMap((dist) => {
    const open = state.open.has(dist.name);
    const cells = COLUMNS.map(([key, , kind, of]) => {
      if (key === "name") {
        return make("td", {}, make("button", { class: "more", type: "button", "aria-expanded": String(open), click: () => unfold(dist.name) }, dist.name));
      }
      if (key === "size") return make("td", { class: kind }, dist.size === null ? "?" : bytes(dist.size));
      if (key === "slim") return make("td", { class: kind }, dist.slim ? bytes(dist.slim) : "");
      return make("td", { class: kind }, of(dist));
    });
    const row = make("tr", { "data-name": dist.name }, ...cells);
    return open ? [row, make("tr", { class: "details" }, make("td", { colspan: COLUMNS.length }, details(dist)))] : [row];
  }));
  fill("found", state.word ? count(shown.length, "package") + " of " + part().dists.length : "");
}

function details(dist) {
  const list = make("dl");
  const add = (term, ...what) => {
    if (what.some((one) => one)) list.append(make("dt", {}, term), make("dd", {}, ...what));
  };
  add("What it is", dist.summary);
  add("Asked for by", make("ul", {}, ...dist.by.map(([by, requirement]) => make("li", {}, (by || "you") + ": ", make("code", {}, requirement)))));
  if (dist.way.length > 2) add("The way to it", dist.way.join(" › "));
  add("Why this version", dist.passed.length
    ? make("ul", {}, ...dist.passed.map(([version, why]) => make("li", {}, version + " was passed over: " + why)))
    : "no better one was passed over");
  add("Requires", dist.requires.join(", "));
  add("Licence", dist.license);
  add("Index", dist.indexUrl);
  add("Wheel", make("span", { class: "path" }, dist.wheel));
  add("From", make("span", { class: "path" }, dist.url));
  add("sha256", make("span", { class: "path" }, dist.sha256));
  if (dist.slim) add(part().slimmed ? "Left by --slim" : "--slim would save about", bytes(dist.slim));
  if (dist.files.length) {
    add("Files", make("button", { class: "more", type: "button", click: () => { go([dist.name], true); get("map").scrollIntoView(); } },
      count(dist.files.length, "file") + ", in the picture"));
  }
  return list;
}

function sortBy(key) {
  state.down = state.sort === key ? !state.down : key === "size" || key === "slim";
  state.sort = key;
  table();
  document.querySelector(`[data-sort="${key}"]`).focus();
}

function unfold(name) {
  if (!state.open.delete(name)) state.open.add(name);
  table();
  document.querySelector(`tr[data-name="${CSS.escape(name)}"] button`).focus();
}

function slim() {
  const { rules, slimmed } = part();
  const total = rules.reduce((sum, [, , size]) => sum + size, 0);
  fill("slim", ...(slimmed || !total ? [] : [
    make("h2", {}, "What --slim would save, about: " + bytes(total)),
    make("table", {}, make("tbody", {}, ...rules.filter(([, files]) => files).sort((a, b) => b[2] - a[2]).map(([name, files, size]) =>
      make("tr", {}, make("td", {}, name), make("td", { class: "number" }, bytes(size)), make("td", { class: "number" }, count(files, "file")))))),
    make("p", { class: "faint" }, "In the picture, what would go is hatched."),
  ]));
}

function findings() {
  const list = part().findings;
  fill("findings", ...(list === null ? [] : [
    make("h2", {}, "Check"),
    ...(list.length ? list.map(({ grade, code, text, place, fix }) => make("div", { class: "finding " + grade },
      make("b", {}, grade + " " + code), " " + text,
      place && make("p", { class: "path faint" }, place),
      fix && make("p", {}, "What mends it: " + fix))) : [make("p", {}, "Nothing was found.")]),
  ]));
}

function show() {
  head();
  changes();
  map();
  table();
  slim();
  findings();
}

if (data.parts.length > 1) {
  const choice = make("select", { id: "part", "aria-label": "Output" },
    ...data.parts.map(({ label, size }, at) => make("option", { value: at }, label + " (" + bytes(size) + ")")));
  choice.addEventListener("change", () => {
    Object.assign(state, { part: Number(choice.value), way: [], open: new Set() });
    show();
  });
  fill("parts", choice);
}

get("word").addEventListener("input", (event) => {
  state.word = event.target.value.trim().toLowerCase();
  table();
});

// Up with Escape or Backspace; the arrows go from tile to tile as they lie.
get("map").addEventListener("keydown", (event) => {
  if ((event.key === "Escape" || event.key === "Backspace") && state.way.length) {
    const left = state.way[state.way.length - 1];
    event.preventDefault();
    go(state.way.slice(0, -1));
    focusTile(left);
    return;
  }
  const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
  if (!step || !event.target.classList.contains("tile")) return;
  event.preventDefault();
  const from = event.target.getBoundingClientRect();
  const middle = (box) => [box.left + box.width / 2, box.top + box.height / 2];
  const [x, y] = middle(from);
  let nearest = null;
  for (const other of get("map").children) {
    const [left, top] = middle(other.getBoundingClientRect());
    const ahead = (left - x) * step[0] + (top - y) * step[1];
    const aside = Math.abs((left - x) * step[1]) + Math.abs((top - y) * step[0]);
    if (other === event.target || ahead <= 1) continue;
    const far = ahead + 2 * aside;
    if (!nearest || far < nearest[0]) nearest = [far, other];
  }
  if (nearest) nearest[1].focus();
});

let drawn = "";
new ResizeObserver(() => {
  const { width, height } = get("map").getBoundingClientRect();
  const now = width + " " + height;
  if (now !== drawn) {
    drawn = now;
    const held = get("map").contains(document.activeElement) && document.activeElement.dataset.name;
    map();
    if (held) focusTile(held);
  }
}).observe(get("map"));

show();
