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

/** Options of pip, with the settings of the same meaning. */
const PIP = {
  "--index-url": "index-url",
  "-i": "index-url",
  "--extra-index-url": "extra-index-url",
  "--find-links": "find-links",
  "-f": "find-links",
  "--trusted-host": "allow-insecure-host",
  "--constraint": "constraint",
  "-c": "constraint",
  "--no-binary": "no-binary",
  "--only-binary": "only-binary",
  "--pre": "pre",
  "--no-deps": "no-deps",
  "--require-hashes": "require-hashes",
  "--no-cache-dir": null,
  "--quiet": null,
  "-q": null,
};

/**
 * What `custom.pythonRequirements` and `custom.barrow` ask for: settings of barrow, options of this plugin, and words about
 * what has no meaning here.
 */
function readOptions(custom) {
  const given = custom.pythonRequirements || {};
  const settings = {};
  const words = [];
  const options = { settings, file: "requirements.txt", locks: true, layer: null };
  const isSlim = given.slim === true || given.slim === "true";
  for (const [name, value] of Object.entries(given)) {
    const is = value !== false && value !== "false" && value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0);
    if (name in NEEDLESS) {
      if (is) words.push(`\`${name}\` is passed over: ${NEEDLESS[name]}`);
    } else if (name in REFUSED) {
      if (is && value !== "") throw new Error(`barrow: \`${name}\` of pythonRequirements cannot be honoured: ${REFUSED[name]}`);
    } else if (name === "slimPatterns" && !isSlim) {
      if (is) words.push("`slimPatterns` is passed over: it counts with `slim` alone");
    } else {
      understand(name, value, is, options, words);
    }
  }
  if (given.usePipenv === false && given.usePoetry === false) options.locks = false;
  Object.assign(settings, custom.barrow || {});
  return { options, words };
}

function understand(name, value, is, options, words) {
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
      pipOptions(value || [], settings, words);
      break;
    default:
      words.push(`\`${name}\` of pythonRequirements is not known, and passed over`);
  }
}

/** `--index-url URL`, `--index-url=URL`, in one text or two. */
function pipOptions(texts, settings, words) {
  const parts = texts.flatMap((text) => String(text).split(/\s+/)).filter(Boolean);
  for (let at = 0; at < parts.length; at += 1) {
    const [name, ...rest] = parts[at].split("=");
    const setting = PIP[name];
    if (setting === null) continue;
    if (setting === undefined) {
      throw new Error(`barrow: \`${parts[at]}\` of pipCmdExtraArgs is not understood: say it in custom.barrow`);
    }
    if (["pre", "no-deps", "require-hashes"].includes(setting)) {
      settings[setting] = true;
      continue;
    }
    const value = rest.length > 0 ? rest.join("=") : parts[(at += 1)];
    settings[setting] = setting === "index-url" ? value : [...(settings[setting] || []), value];
  }
  return words;
}

module.exports = { readOptions };
