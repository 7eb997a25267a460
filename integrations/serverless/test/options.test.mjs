import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import test from "node:test";
import options from "../src/options.js";
import plugin from "../src/index.js";
import units from "../src/units.js";

const { readOptions } = options;
const { planUnits, writeUnits } = units;

test("options that mean the same are settings, and needless ones are words", () => {
  const { options: read, words } = readOptions({
    pythonRequirements: {
      slim: true,
      slimPatterns: ["**/*.html"],
      noDeploy: ["boto3"],
      dockerizePip: "non-linux",
      useStaticCache: false,
      pipCmdExtraArgs: ["--index-url https://packages.example.com/simple/", "--pre", "--no-cache-dir"],
    },
    barrow: { "exclude-runtime": true },
  });
  assert.deepEqual(read.settings, {
    slim: true,
    exclude: ["*:**/*.html"],
    "exclude-package": ["boto3"],
    "index-url": "https://packages.example.com/simple/",
    pre: true,
    "exclude-runtime": true,
  });
  assert.equal(words.length, 1);
  assert.match(words[0], /dockerizePip.*no container/);
});

test("patterns of slim count with slim alone, as for serverless-python-requirements", () => {
  const { options: read, words } = readOptions({ pythonRequirements: { slimPatterns: ["**/*.html"] } });
  assert.deepEqual(read.settings, {});
  assert.match(words.join(), /`slimPatterns` is passed over/);
});

test("tables of custom.barrow are tables of TOML", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "barrow-"));
  const barrow = {
    sources: [{ path: "../shared", prefix: "common", include: ["**/*.py"] }],
    "config-settings": { "build\"dir": "a\tb", unset: null },
    "exclude-runtime": true,
    without: null,
  };
  const { options: read } = readOptions({ barrow });
  const service = { service: "shop", provider: { runtime: "python3.12" }, getFunction: () => ({}) };
  const text = fs.readFileSync(writeUnits(planUnits({ service, names: ["a"], folder, options: read }).units, folder), "utf8");
  assert.match(text, /^sources = \[\{ "path" = "..\/shared", "prefix" = "common", "include" = \["\*\*\/\*.py"\] \}\]$/m);
  assert.match(text, /^config-settings = \{ "build\\"dir" = "a\\tb" \}$/m);
  assert.match(text, /^exclude-runtime = true$/m);
  assert.doesNotMatch(text, /without/);
});

test("a module is a folder of the service however it is written", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "barrow-"));
  const modules = { a: "./services/a/", b: "services//b", c: "./", d: undefined };
  const service = {
    service: "shop",
    provider: { runtime: "python3.12" },
    package: { individually: true },
    getFunction: (name) => ({ module: modules[name] }),
  };
  const { options: read } = readOptions({});
  const plan = planUnits({ service, names: Object.keys(modules), folder, options: read }).units;
  assert.deepEqual(plan.map((unit) => unit.module), ["services/a", "services/b", null, null]);
});

test("what would change the result and is not understood ends the run", () => {
  const { refused } = readOptions({ pythonRequirements: { zip: true, pipCmdExtraArgs: ["--root /x"] } });
  assert.match(refused.join("\n"), /^`zip`.*cannot be honoured.*\n`--root` of pipCmdExtraArgs.*`custom.barrow`$/);
  const { words, refused: none } = readOptions({ pythonRequirements: { zip: false, vendor: "" } });
  assert.deepEqual([words, none], [[], []]);
});

test("a refused option ends the run with an error of Serverless", async () => {
  class ServerlessError extends Error {}
  const service = { custom: { pythonRequirements: { zip: true } } };
  const made = new plugin({ service, classes: { Error: ServerlessError } }, {}, { log: {} });
  await assert.rejects(made.bundle([]), (error) => error instanceof ServerlessError && /`zip`/.test(error.message));
});

test("words of pip are settings, the target's are told, and those of its manner change nothing", () => {
  const pipCmdExtraArgs = [
    "--platform manylinux2014_x86_64",
    "--python-version=3.11",
    "--only-binary=:all:",
    "--no-compile --progress-bar off -U",
    "--extra-index-url 'https://packages.example.com/a simple'",
    '--find-links="wheels"',
    "--timeout 60",
    "--prefer-binary",
  ];
  const { options: read, words, refused } = readOptions({ pythonRequirements: { pipCmdExtraArgs } });
  assert.deepEqual(read.settings, {
    "only-binary": [":all:"],
    "extra-index-url": ["https://packages.example.com/a simple"],
    "find-links": ["wheels"],
    timeout: "60",
    "prefer-binary": true,
  });
  assert.deepEqual(words, [
    "`--platform manylinux2014_x86_64` is passed over: `runtime` and `architecture` say it",
    "`--python-version 3.11` is passed over: `runtime` and `architecture` say it",
  ]);
  assert.deepEqual(refused, []);
});

test("functions are packaged alone or together, each kind for its target", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "barrow-"));
  fs.writeFileSync(path.join(folder, "requirements.txt"), "");
  fs.mkdirSync(path.join(folder, "alone"));
  fs.writeFileSync(path.join(folder, "alone", "poetry.lock"), "");
  const functions = {
    a: {},
    b: { runtime: "python3.13" },
    c: { module: "alone" },
    d: { runtime: "nodejs20.x" },
    e: { image: "x" },
    f: { package: { artifact: "made.zip" } },
  };
  const service = { service: "shop", provider: { runtime: "python3.12" }, getFunction: (name) => functions[name] };
  const { options: read } = readOptions({ pythonRequirements: { layer: true } });
  const plan = planUnits({ service, names: Object.keys(functions), folder, options: read }).units;
  const shown = plan.map((unit) => [unit.name, unit.functions.join(), unit.runtime, path.basename(unit.requirement ?? "")]);
  assert.deepEqual(shown, [
    ["shop-python3.12-x86_64", "a", "python3.12", "requirements.txt"],
    ["shop-python3.13-x86_64", "b", "python3.13", "requirements.txt"],
    ["c", "c", "python3.12", "poetry.lock"],
    ["pythonRequirements", "", "python3.12", "requirements.txt"],
  ]);
  const text = fs.readFileSync(writeUnits(plan, folder), "utf8");
  assert.match(text, /\[\[function\]\]\nname = "shop-python3.12-x86_64"\n/);
  assert.match(text, /\[\[layer\]\]\nname = "pythonRequirements"\n[^[]*requirement = \[".*requirements.txt"\]/);
  fs.rmSync(folder, { recursive: true });
});

test("no archive for several has a name that Serverless or a function gives", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "barrow-"));
  const functions = { shop: { module: "svc" }, web: {}, page: { runtime: "nodejs20.x" } };
  const service = { service: "shop", provider: { runtime: "python3.12" }, getFunction: (name) => functions[name] };
  const plan = planUnits({ service, names: Object.keys(functions), folder, options: readOptions({}).options }).units;
  const shown = plan.map((unit) => [unit.functions.join(), unit.artifact]);
  assert.deepEqual(shown, [["shop", ".serverless/shop.zip"], ["web", ".serverless/shop-python3.12-x86_64.zip"]]);
  fs.rmSync(folder, { recursive: true });
});

test("a layer is for the target of the provider, and of the first function where that is no Python", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "barrow-"));
  const functions = { edge: { runtime: "python3.13", architecture: "arm64" }, hello: {} };
  const layer = (provider) => {
    const service = { service: "shop", provider, getFunction: (name) => functions[name] };
    const { options: read } = readOptions({ pythonRequirements: { layer: true } });
    const { runtime, arch } = planUnits({ service, names: Object.keys(functions), folder, options: read }).units.at(-1);
    return [runtime, arch];
  };
  assert.deepEqual(layer({ runtime: "python3.11" }), ["python3.11", "x86_64"]);
  assert.deepEqual(layer({ runtime: "python3.11", architecture: "arm64" }), ["python3.11", "arm64"]);
  assert.deepEqual(layer({ runtime: "nodejs20.x" }), ["python3.13", "arm64"]);
  assert.deepEqual(layer({}), ["python3.13", "arm64"]);
  fs.rmSync(folder, { recursive: true });
});

test("an artifact of the service is that of its functions, but for those packaged by themselves", () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "barrow-"));
  const functions = { a: {}, b: { module: "b" }, c: { package: { individually: true } } };
  const getFunction = (name) => functions[name];
  const { options: read } = readOptions({});
  const names = (individually) => {
    const service = { service: "shop", provider: { runtime: "python3.12" }, package: { artifact: "all.zip", individually }, getFunction };
    return planUnits({ service, names: Object.keys(functions), folder, options: read }).units.map((unit) => unit.name);
  };
  assert.deepEqual(names(false), ["c"]);
  assert.deepEqual(names(true), ["c"]);
  fs.rmSync(folder, { recursive: true });
});

test("a lock above a module is left to barrow to find", () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), "barrow-"));
  const folder = path.join(root, "service");
  for (const name of ["one", "two", "three"]) fs.mkdirSync(path.join(folder, name), { recursive: true });
  fs.mkdirSync(path.join(root, ".git"));
  fs.writeFileSync(path.join(root, "uv.lock"), "");
  fs.writeFileSync(path.join(folder, "one", "pyproject.toml"), "");
  fs.writeFileSync(path.join(folder, "two", "requirements.txt"), "");
  const functions = { one: { module: "one" }, two: { module: "two" }, three: { module: "three" } };
  const service = { service: "shop", provider: { runtime: "python3.12" }, getFunction: (name) => functions[name] };
  const written = (custom) => {
    const { options: read } = readOptions(custom);
    const plan = planUnits({ service, names: Object.keys(functions), folder, options: read }).units;
    const text = fs.readFileSync(writeUnits(plan, folder), "utf8");
    return text.split("[[function]]\n").slice(1).map((unit) => /requirement.*|dependencies.*/.exec(unit)?.[0].replace(/".*\//, '"'));
  };
  assert.deepEqual(written({}), [undefined, 'requirement = ["requirements.txt"]', undefined]);
  const without = { pythonRequirements: { usePipenv: false, usePoetry: false } };
  assert.deepEqual(written(without), ["dependencies = false", 'requirement = ["requirements.txt"]', "dependencies = false"]);
  fs.rmSync(path.join(root, "uv.lock"));
  assert.deepEqual(written({}), ['requirement = ["pyproject.toml"]', 'requirement = ["requirements.txt"]', "dependencies = false"]);
  fs.rmSync(root, { recursive: true });
});

test("warnings of a run that succeeds are told, lines that go on in one", () => {
  const said = "warning: one\nLooking around\nwarning: two is\n  longer\n";
  assert.deepEqual(plugin.warnings(said), ["one", "two is longer"]);
});

test("flags in a message are told as settings", () => {
  const said = "`--follow-links` takes it; `--exclude` or `--exclude=*.md` leaves it out; see `--x`, `x`";
  const told = "`custom.barrow.follow-links` takes it; `custom.barrow.exclude` or `custom.barrow.exclude: *.md` leaves it out";
  assert.equal(plugin.inSettings(said), `${told}; see \`custom.barrow.x\`, \`x\``);
});
