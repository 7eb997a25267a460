import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';

/** Variables whose values are places: the app's user wrote them for the folder that the app runs in. */
const PLACES = /^(?:BARROW|PIP|UV)_\w*(?:DIR|FILE|CERT|LINKS|URL|MIRROR|CONSTRAINTS?|OVERRIDES?|REQUIREMENTS?)$|^NETRC$|^SSL_CERT_(?:FILE|DIR)$/;

/** Those with several places, between white space; a place in any other may have spaces in it. */
const LISTS = /(?:LINKS|EXTRA_INDEX_URL|CONSTRAINTS?|OVERRIDES?|REQUIREMENTS?)$/;

/**
 * The variables of this process, for a child that starts in another folder: relative places in them stay those of the app.
 */
export function ownVariables(): NodeJS.ProcessEnv {
  const variables: NodeJS.ProcessEnv = { ...process.env };
  for (const [name, value] of Object.entries(variables)) {
    if (value && PLACES.test(name)) {
      variables[name] = LISTS.test(name) ? value.split(/(\s+)/).map(absolute).join('') : absolute(value.trim());
    }
  }
  return variables;
}

/** The settings file of barrow that holds for a folder but lies above it, where a copy of the folder does not find it. */
export function settingsAbove(folder: string): string | undefined {
  for (let above = folder; ; above = path.dirname(above)) {
    const found = ['barrow.toml', 'pyproject.toml'].map((name) => path.join(above, name)).find(hasSettings);
    if (found) {
      return above === folder ? undefined : found;
    }
    if (above === path.dirname(above)) {
      return undefined;
    }
  }
}

/** uv's settings, as variables, that hold for a folder but lie above it, where a copy of the folder does not find them. */
export function uvSettingsAbove(folder: string): NodeJS.ProcessEnv {
  const [own, ...above] = foldersFrom(folder).map((place) => {
    return { file: path.join(place, 'uv.toml'), project: textOf(path.join(place, 'pyproject.toml')), place };
  });
  if (existsSync(own.file)) {
    return {};
  }
  // What a member of a workspace says itself does not count beside what its root says.
  const isSettled = UV_TABLE.test(own.project);
  for (const { file, project, place } of above) {
    const isWorkspace = /^\s*\[\s*tool\.uv\.workspace\s*\]/m.test(project);
    if (isSettled && !isWorkspace) {
      continue;
    }
    if (existsSync(file)) {
      return { UV_CONFIG_FILE: file };
    }
    if (UV_TABLE.test(project) && UV_SETTINGS.test(project)) {
      throw new Error(
        `barrow: commands before the bundling work on a copy of ${folder}, which is not below ${path.join(place, 'pyproject.toml')}, `
          + 'and what that says to uv would not count: say it in a `uv.toml` beside that file, or in a pyproject.toml of the function',
      );
    }
    if (UV_TABLE.test(project)) {
      return {};
    }
  }
  return {};
}

/** Any table of uv's in a pyproject.toml. */
const UV_TABLE = /^\s*\[\[?\s*tool\.uv\b/m;

/** What of uv's tables in a pyproject.toml changes what is chosen, and from where. */
const UV_SETTINGS = new RegExp(
  '^\\s*(?:\\[\\[?\\s*tool\\.uv\\.(?:index|sources|pip)\\b|(?:index|index-url|default-index|extra-index-url|find-links|no-index|index-strategy|'
    + 'constraint-dependencies|override-dependencies|exclude-dependencies|exclude-newer|prerelease|resolution|no-binary|no-build|sources)\\s*=)',
  'm',
);

/** A folder and those above it, the nearest first. */
function foldersFrom(folder: string): string[] {
  const above = path.dirname(folder);
  return above === folder ? [folder] : [folder, ...foldersFrom(above)];
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function hasSettings(file: string): boolean {
  if (!existsSync(file)) {
    return false;
  }
  return path.basename(file) === 'barrow.toml' || /^\s*\[tool\.barrow\b/m.test(readFileSync(file, 'utf8'));
}

function absolute(word: string): string {
  return word.trim() === '' || word.includes('://') ? word : path.resolve(word);
}
