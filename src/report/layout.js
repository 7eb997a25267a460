// Folders out of paths, and rectangles out of sizes. Nothing here knows of the page: the script that draws the picture of the README
// uses the same.

// A tree of { name, size, slim, children } out of files: [path, size, rule]. A folder with nothing in it but one folder is one with it.
function folderTree(name, files) {
  const root = { name, size: 0, slim: 0, children: new Map() };
  for (const [path, size, rule] of files) {
    const parts = path.split("/");
    let node = root;
    node.size += size;
    if (rule >= 0) node.slim += size;
    parts.forEach((part, at) => {
      if (!node.children.has(part)) {
        const leaf = at === parts.length - 1;
        node.children.set(part, { name: part, size: 0, slim: 0, children: leaf ? null : new Map() });
      }
      node = node.children.get(part);
      node.size += size;
      if (rule >= 0) node.slim += size;
      if (!node.children) node.rule = rule;
    });
  }
  return settle(root);
}

function settle(node) {
  if (!node.children) return node;
  let children = [...node.children.values()].map(settle);
  node.children = children.sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
  while (node.children.length === 1 && node.children[0].children) {
    node.name += "/" + node.children[0].name;
    node.children = node.children[0].children;
  }
  return node;
}

// Rectangles { item, x, y, w, h } whose areas are as the sizes of the items, which are sorted, the largest first: rows that are
// filled as long as their rectangles come nearer to squares (Bruls, Huizing and van Wijk, "Squarified Treemaps").
function squarify(items, x, y, w, h) {
  const placed = [];
  const total = items.reduce((sum, item) => sum + item.size, 0);
  if (!total || w <= 0 || h <= 0) return placed;
  const scale = (w * h) / total;
  const areas = items.map((item) => item.size * scale);
  let at = 0;
  while (at < items.length && areas[at] > 0) {
    const side = Math.min(w, h);
    let end = at + 1, sum = areas[at], best = ratio(areas[at], areas[at], sum, side);
    while (end < items.length && areas[end] > 0) {
      const next = ratio(areas[at], areas[end], sum + areas[end], side);
      if (next > best) break;
      best = next;
      sum += areas[end];
      end += 1;
    }
    const thick = sum / side;
    let along = 0;
    for (let i = at; i < end; i += 1) {
      const long = areas[i] / thick;
      placed.push(w >= h
        ? { item: items[i], x, y: y + along, w: thick, h: long }
        : { item: items[i], x: x + along, y, w: long, h: thick });
      along += long;
    }
    if (w >= h) { x += thick; w -= thick; } else { y += thick; h -= thick; }
    at = end;
  }
  return placed;
}

// The worse of two rectangles' proportions in a row of this area.
function ratio(large, small, sum, side) {
  const squared = side * side;
  return Math.max((squared * large) / (sum * sum), (sum * sum) / (squared * small));
}

// A hue out of a name: the same in every report.
function hue(name) {
  let sum = 0;
  for (const c of name) sum = (sum * 31 + c.codePointAt(0)) % 3600;
  return Math.round(sum / 10);
}

// `12.3 MB`, as AWS counts: a megabyte is 1,048,576 bytes.
function bytes(size) {
  const units = [["GB", 2 ** 30], ["MB", 2 ** 20], ["KB", 2 ** 10]];
  for (const [unit, factor] of units) {
    if (size >= factor) {
      const tenths = Math.floor((size * 10) / factor);
      return (tenths % 10 ? (tenths / 10).toFixed(1) : String(tenths / 10)) + " " + unit;
    }
  }
  return size + " bytes";
}
