"use strict";

const { spawnSync } = require("child_process");
const fs = require("fs");
const path = require("path");
const { readOptions } = require("./options");
const { stage } = require("./stage");
const { planUnits, writeUnits } = require("./units");

/**
 * Bundles all Python functions of a service in one run of barrow, and tells Serverless where the archives are.
 *
 * It works before Serverless packages: a function that has an artifact is not packaged again, and a function of another
 * runtime has none of ours.
 */
class ServerlessBarrow {
  constructor(serverless, cliOptions, utils = {}) {
    this.serverless = serverless;
    this.cliOptions = cliOptions || {};
    this.log = utils.log || { notice: () => {}, warning: (text) => serverless.cli.log(text), info: () => {} };
    this.progress = utils.progress;
    allowOptions(serverless);
    this.hooks = {
      "before:package:createDeploymentArtifacts": () => this.bundle(this.allFunctions()),
      "before:deploy:function:packageFunction": () => this.bundle([this.cliOptions.function]),
    };
  }

  allFunctions() {
    return this.serverless.service.getAllFunctions();
  }

  get folder() {
    return this.serverless.serviceDir || this.serverless.config.servicePath;
  }

  async bundle(names) {
    const { service } = this.serverless;
    const { options, words, refused } = readOptions(service.custom || {});
    if (refused.length > 0) throw new this.serverless.classes.Error(`barrow: ${refused.join("\n")}`);
    for (const word of words) this.log.warning(`barrow: ${word}`);
    const plan = planUnits({ service, names, folder: this.folder, options });
    if (plan.units.length === 0) return;
    const staging = path.join(this.folder, ".serverless", "barrow");
    for (const unit of plan.units) await stage(unit, this.packager(), staging, this.folder);
    const file = writeUnits(plan.units, staging);
    const progress = this.progress && this.progress.get("barrow");
    if (progress) progress.notice(`Bundling ${plan.units.length} packages with barrow`);
    try {
      this.run(["build", "--units", file, "--force", "--json"]);
    } finally {
      if (progress) progress.remove();
      fs.rmSync(staging, { recursive: true, force: true });
    }
    for (const unit of plan.units) this.use(unit);
  }

  /** The part of Serverless that knows which files its patterns mean. */
  packager() {
    const plugin = this.serverless.pluginManager.plugins.find((one) => one.constructor.name === "Package");
    if (!plugin) throw new this.serverless.classes.Error("barrow: Serverless has no packaging here");
    return plugin;
  }

  /** Runs barrow; what it has to say is shown, and a failure ends the deployment with its message. */
  run(words) {
    const program = process.env.BARROW_BIN || "barrow";
    const result = spawnSync(program, words, { cwd: this.folder, encoding: "utf8", maxBuffer: 1 << 28 });
    if (result.error) {
      const hint = result.error.code === "ENOENT" ? ": install it, or name it in BARROW_BIN" : "";
      throw new this.serverless.classes.Error(`barrow cannot be started (${result.error.message})${hint}`);
    }
    if (result.status !== 0) throw new this.serverless.classes.Error(`barrow: ${inSettings(messages(result.stderr))}`);
    for (const warning of warnings(result.stderr)) this.log.warning(`barrow: ${inSettings(warning)}`);
    for (const unit of JSON.parse(result.stdout).units) {
      this.log.info(`barrow: ${unit.name} ${unit.state}, ${unit.output}`);
    }
  }

  /** Says where an archive is, in the words of Serverless. */
  use(unit) {
    const { service } = this.serverless;
    for (const name of unit.functions) {
      const target = service.getFunction(name);
      target.package = { ...target.package, artifact: unit.artifact };
    }
    if (unit.layer) {
      const stage = this.serverless.providers.aws.getStage();
      service.layers = service.layers || {};
      service.layers.pythonRequirements = {
        name: `${service.service}-${stage}-python-requirements`,
        description: "Python requirements of the service",
        compatibleRuntimes: [unit.runtime],
        compatibleArchitectures: [unit.arch],
        ...unit.layer,
        package: { artifact: unit.artifact },
      };
    }
  }
}

/** What barrow says on standard error with --json: one object a line, or plain words. */
function messages(text) {
  const lines = text.split("\n").filter(Boolean).map((line) => {
    try {
      const { error } = JSON.parse(line);
      const hints = error.hints.map((hint) => `\nhint: ${hint}`);
      return [error.message, ...error.causes.map((cause) => `\n  because: ${cause}`), ...hints].join("");
    } catch {
      return line;
    }
  });
  return lines.join("\n");
}

/** The warnings among what barrow says on standard error; a line that goes on is indented. */
function warnings(text) {
  const told = text.replace(/\n {2,}/g, " ").split("\n");
  return told.filter((line) => line.startsWith("warning: ")).map((line) => line.slice("warning: ".length));
}

/** A message of barrow for people who write settings: each `--flag value` in backticks as they write it. */
function inSettings(message) {
  return message.replace(/`--([a-z][a-z-]*)(?:[ =]([^`]*))?`/g, (_, name, value) => `\`custom.barrow.${name}${value ? `: ${value}` : ""}\``);
}

/** Serverless refuses keys that no one has described to it. */
function allowOptions(serverless) {
  const handler = serverless.configSchemaHandler;
  if (!handler || !handler.defineFunctionProperties) return;
  handler.defineFunctionProperties("aws", { properties: { module: { type: "string" } } });
}

module.exports = ServerlessBarrow;
module.exports.warnings = warnings;
module.exports.inSettings = inSettings;
