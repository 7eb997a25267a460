"use strict";

const fs = require("fs");
const path = require("path");

/**
 * Where a service has patterns, the files that Serverless takes by them are put into a folder of their own, which is bundled in
 * the place of the source: nobody else reads those patterns as Serverless does.
 */
async function stage(unit, packager, staging, folder) {
  if (!unit.patterns || !unit.source) return;
  const all = unit.functions.length === 1 && unit.name === unit.functions[0];
  const files = await (all ? packager.resolveFilePathsFunction(unit.name) : packager.resolveFilePathsAll());
  const place = path.join(staging, unit.name);
  const below = unit.module ? `${unit.module}/` : "";
  fs.mkdirSync(place, { recursive: true });
  for (const file of files) {
    const name = file.split(path.sep).join("/");
    if (!name.startsWith(below) || name.startsWith(".serverless/")) continue;
    const to = path.join(place, name.slice(below.length));
    fs.mkdirSync(path.dirname(to), { recursive: true });
    fs.copyFileSync(path.join(folder, file), to);
  }
  unit.source = place;
}

module.exports = { stage };
