import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import test from "node:test";
import options from "../src/options.js";
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

test("what would change the result and is not understood ends the run", () => {
  assert.throws(() => readOptions({ pythonRequirements: { zip: true } }), /`zip`.*cannot be honoured/);
  assert.throws(() => readOptions({ pythonRequirements: { pipCmdExtraArgs: ["--root /x"] } }), /--root/);
  assert.deepEqual(readOptions({ pythonRequirements: { zip: false, vendor: "" } }).words, []);
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
    ["shop", "a", "python3.12", "requirements.txt"],
    ["shop-python3.13-x86_64", "b", "python3.13", "requirements.txt"],
    ["c", "c", "python3.12", "poetry.lock"],
    ["pythonRequirements", "", "python3.12", "requirements.txt"],
  ]);
  const text = fs.readFileSync(writeUnits(plan, folder), "utf8");
  assert.match(text, /\[\[function\]\]\nname = "shop"\n/);
  assert.match(text, /\[\[layer\]\]\nname = "pythonRequirements"\n[^[]*requirement = \[".*requirements.txt"\]/);
  fs.rmSync(folder, { recursive: true });
});
