"use strict";

/** Options of serverless-python-requirements that change nothing here, and why. */
const NEEDLESS = {
  dockerizePip: "no container is needed",
  dockerImage: "no container is needed",
  dockerFile: "no container is needed",
  dockerSsh: "no container is needed",
  dockerPrivateKey: "no container is needed",
  dockerEnv: "no container is needed",
  dockerBuildCmdExtraArgs: "no container is needed",
  dockerRunCmdExtraArgs: "no container is needed",
  dockerExtraFiles: "no container is needed",
  dockerRootless: "no container is needed",
  pythonBin: "no Python is needed",
  useStaticCache: "barrow has a cache of its own",
  useDownloadCache: "barrow has a cache of its own",
  cacheLocation: "barrow has a cache of its own; BARROW_CACHE_DIR places it",
  staticCacheMaxVersions: "barrow has a cache of its own",
  invalidateCaches: "barrow's cache is checked, never stale",
  cleanupZipHelper: "nothing is zipped within the archive",
  strip: "binaries stay as they are",
  slimPatternsAppendDefaults: "what `slim` leaves out is a table of barrow's",
  requirePoetryLockFile: "a lock counts where there is one",
};

/** Options that would change what is deployed and that are not understood. */
const REFUSED = {
  zip: "requirements are not zipped within the archive: leave it out, and see `slim` and `layer` for size",
  vendor: "copy the folder into the service, or require it by its path",
  poetryWithoutGroups: "name the groups that are wanted in `custom.barrow.group`",
};

// What an option of pip does to the settings; `value` gives what is written behind it.
const text = (setting) => (settings, value) => void (settings[setting] = value());
const list = (setting) => (settings, value) => void (settings[setting] = [...(settings[setting] || []), value()]);
const flag = (setting) => (settings) => void (settings[setting] = true);
const nothing = () => {};
const valueOnly = (_, value) => void value();
const target = (_, value, words, name) => {
  words.push(`\`${name} ${value()}\` is passed over: \`runtime\` and \`architecture\` say it`);
};

/** Options of pip. Those without a setting ask for what barrow does anyway, or for silence. */
const PIP = {
  "--index-url": text("index-url"),
  "-i": text("index-url"),
  "--extra-index-url": list("extra-index-url"),
  "--no-index": flag("no-index"),
  "--find-links": list("find-links"),
  "-f": list("find-links"),
  "--trusted-host": list("allow-insecure-host"),
  "--cert": text("cert"),
  "--client-cert": text("client-cert"),
  "--keyring-provider": text("keyring-provider"),
  "--proxy": text("proxy"),
  "--retries": text("retries"),
  "--timeout": text("timeout"),
  "--constraint": list("constraint"),
  "-c": list("constraint"),
  "--no-binary": list("no-binary"),
  "--only-binary": list("only-binary"),
  "--prefer-binary": flag("prefer-binary"),
  "--pre": flag("pre"),
  "--no-deps": flag("no-deps"),
  "--require-hashes": flag("require-hashes"),
  "--abi": target,
  "--implementation": target,
  "--platform": target,
  "--python-version": target,
  "--cache-dir": valueOnly,
  "--exists-action": valueOnly,
  "--progress-bar": valueOnly,
  "--root-user-action": valueOnly,
  "--src": valueOnly,
  "--upgrade-strategy": valueOnly,
  "--disable-pip-version-check": nothing,
  "--force-reinstall": nothing,
  "--ignore-installed": nothing,
  "--isolated": nothing,
  "--no-cache-dir": nothing,
  "--no-color": nothing,
  "--no-compile": nothing,
  "--no-input": nothing,
  "--no-python-version-warning": nothing,
  "--no-user": nothing,
  "--no-warn-conflicts": nothing,
  "--no-warn-script-location": nothing,
  "--quiet": nothing,
  "--upgrade": nothing,
  "--use-pep517": nothing,
  "--verbose": nothing,
  "-I": nothing,
  "-U": nothing,
  "-q": nothing,
  "-v": nothing,
};

/**
 * What `custom.pythonRequirements` and `custom.barrow` ask for: settings of barrow, options of this plugin, words about what
 * has no meaning here, and words about what cannot be honoured, which end the run.
 */
function readOptions(custom) {
  const given = custom.pythonRequirements || {};
  const settings = {};
  const words = [];
  const refused = [];
  const options = { settings, file: "requirements.txt", locks: true, layer: null };
  const isSlim = given.slim === true || given.slim === "true";
  for (const [name, value] of Object.entries(given)) {
    const is = value !== false && value !== "false" && value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0);
    if (name in NEEDLESS) {
      if (is) words.push(`\`${name}\` is passed over: ${NEEDLESS[name]}`);
    } else if (name in REFUSED) {
      if (is && value !== "") refused.push(`\`${name}\` of pythonRequirements cannot be honoured: ${REFUSED[name]}`);
    } else if (name === "slimPatterns" && !isSlim) {
      if (is) words.push("`slimPatterns` is passed over: it counts with `slim` alone");
    } else {
      understand(name, value, is, { options, words, refused });
    }
  }
  if (given.usePipenv === false && given.usePoetry === false) options.locks = false;
  Object.assign(settings, custom.barrow || {});
  return { options, words, refused };
}

function understand(name, value, is, { options, words, refused }) {
  const { settings } = options;
  switch (name) {
    case "slim":
      if (is) settings.slim = true;
      break;
    case "slimPatterns":
      if (is) settings.exclude = [...(settings.exclude || []), ...value.map((pattern) => `*:${pattern}`)];
      break;
    case "noDeploy":
      if (is) settings["exclude-package"] = value;
      break;
    case "layer":
      if (is) options.layer = value === true ? {} : value;
      break;
    case "fileName":
      options.file = value;
      options.locks = options.locks && value === "requirements.txt";
      break;
    case "usePipenv":
    case "usePoetry":
      break;
    case "poetryWithGroups":
      if (is) settings.group = value;
      break;
    case "poetryOnlyGroups":
      if (is) settings["only-group"] = value;
      break;
    case "pipCmdExtraArgs":
      pipOptions(value || [], settings, { words, refused });
      break;
    default:
      words.push(`\`${name}\` of pythonRequirements is not known, and passed over`);
  }
}

/** `--index-url URL`, `--index-url=URL`, in one text or two; parts may be quoted, as for a shell. */
function pipOptions(texts, settings, { words, refused }) {
  const parts = texts.flatMap((text) => String(text).match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) || []).map(unquoted);
  for (let at = 0; at < parts.length; at += 1) {
    const [name, ...rest] = parts[at].split("=");
    const take = PIP[name];
    if (!take) {
      refused.push(`\`${parts[at]}\` of pipCmdExtraArgs cannot be honoured: leave it out, or write its setting in \`custom.barrow\``);
      return;
    }
    take(settings, () => (rest.length > 0 ? rest.join("=") : parts[(at += 1)]), words, name);
  }
}

function unquoted(text) {
  return text.replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single);
}

module.exports = { readOptions };
