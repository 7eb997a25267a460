"use strict";

const fs = require("fs");
const path = require("path");

/** Lock files that barrow takes in the folder of a function. */
const LOCKS = ["pylock.toml", "uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock"];

/**
 * What is to be made: an archive for each function that is packaged alone or has a module, one for all others with the same
 * target, and one for the layer. The archive for several bears their target: Serverless packs functions of other runtimes into
 * one with the bare name of the service, and the dot of a runtime is in no name of a function.
 */
function planUnits({ service, names, folder, options }) {
  const units = [];
  const whole = new Map();
  const wholePackage = service.package || {};
  for (const name of names) {
    const target = service.getFunction(name);
    const { runtime, arch } = targetOf(target, service);
    const own = target.package || {};
    // An artifact of the service is that of each function that is not packaged by itself.
    const ready = own.artifact || (wholePackage.artifact && !own.individually);
    if (target.image || ready || !runtime.startsWith("python")) continue;
    const alone = own.individually || (wholePackage.individually && own.individually !== false);
    const module = moduleOf(target);
    if (alone || module || hasPatterns(own)) {
      const patterns = hasPatterns(own) || hasPatterns(wholePackage);
      units.push(unit({ name, functions: [name], runtime, arch, module, patterns, folder, options }));
      continue;
    }
    const key = `${runtime} ${arch}`;
    if (!whole.has(key)) {
      const label = `${service.service}-${runtime}-${arch}`;
      const patterns = hasPatterns(wholePackage);
      whole.set(key, unit({ name: label, functions: [], runtime, arch, module: null, patterns, folder, options }));
      units.push(whole.get(key));
    }
    whole.get(key).functions.push(name);
  }
  if (options.layer && units.length > 0) {
    // A layer of the service is for what its provider says, where that is Python.
    const provider = targetOf({}, service);
    const { runtime, arch } = provider.runtime.startsWith("python") ? provider : units[0];
    units.push({
      ...unit({ name: "pythonRequirements", functions: [], runtime, arch, module: null, folder, options }),
      layer: options.layer,
      source: null,
      alone: false,
    });
  }
  return { units };
}

/** What a function runs on; the provider says what it does not. */
function targetOf({ runtime, architecture }, { provider }) {
  return { runtime: runtime || provider.runtime || "", arch: architecture || provider.architecture || "x86_64" };
}

/** The folder of a function's module as paths in the service start, `./services/orders/` as `services/orders`. */
function moduleOf({ module }) {
  const folder = path.posix.normalize(module || ".").replace(/\/+$/, "");
  return folder === "." ? null : folder;
}

function hasPatterns(config) {
  return ["patterns", "include", "exclude"].some((key) => (config[key] || []).length > 0);
}

function unit({ name, functions, runtime, arch, module, patterns, folder, options }) {
  const root = module ? path.join(folder, module) : folder;
  return {
    name,
    functions,
    runtime,
    arch,
    module,
    patterns: Boolean(patterns),
    source: root,
    root,
    requirement: requirement(root, options),
    // Whether a lock above is for this folder is for barrow to tell: it knows the members of a workspace.
    isBelowLock: Boolean(lockAbove(root, options)),
    // What is required lies in the layer.
    alone: Boolean(options.layer),
    settings: options.settings,
    artifact: path.join(".serverless", `${name}.zip`),
    output: path.join(folder, ".serverless", `${name}.zip`),
  };
}

/** A lock above a folder that has neither a lock nor a requirements file of its own. */
function lockAbove(root, { file, locks }) {
  if (!locks || [...LOCKS, file].some((name) => fs.existsSync(path.join(root, name)))) return null;
  for (let folder = root; folder !== path.dirname(folder) && !fs.existsSync(path.join(folder, ".git")); ) {
    folder = path.dirname(folder);
    const found = LOCKS.map((name) => path.join(folder, name)).find((name) => fs.existsSync(name));
    if (found) return found;
  }
  return null;
}

/** The file that states what is required; null where nothing does. */
function requirement(root, { file, locks }) {
  const candidates = [...(locks ? LOCKS : []), file, ...(locks ? ["pyproject.toml"] : [])];
  const found = candidates.map((name) => path.join(root, name)).find((name) => fs.existsSync(name));
  return found || null;
}

/** Where a unit's requirements stand: in a file that is named, in one that barrow finds from the source on, or nowhere. */
function inputs({ alone, isBelowLock, source, root, requirement: file }) {
  if (alone) return { dependencies: false };
  // A staged copy lies elsewhere than the source that it is of.
  if (isBelowLock && source === root) return {};
  return file ? { requirement: [file] } : { dependencies: false };
}

/** A value as TOML has it: texts, numbers and switches of JSON are the same there. */
function toml(value) {
  if (Array.isArray(value)) return `[${value.map(toml).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, it]) => it !== undefined && it !== null);
  return `{ ${entries.map(([key, it]) => `${JSON.stringify(key)} = ${toml(it)}`).join(", ")} }`;
}

/** Writes the units as barrow reads them. */
function writeUnits(units, folder) {
  const tables = units.map((unit) => {
    const keys = {
      name: unit.name,
      output: unit.output,
      runtime: unit.runtime,
      arch: unit.arch,
      ...(unit.source ? { source: unit.source } : {}),
      ...inputs(unit),
      ...unit.settings,
    };
    const given = Object.entries(keys).filter(([, it]) => it !== undefined && it !== null);
    const lines = given.map(([key, it]) => `${key} = ${toml(it)}\n`);
    return `[[${unit.layer ? "layer" : "function"}]]\n${lines.join("")}`;
  });
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, "units.toml");
  fs.writeFileSync(file, tables.join("\n"));
  return file;
}

module.exports = { planUnits, writeUnits };
