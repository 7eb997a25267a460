import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';

/** Variables whose values are places, or lists of them: the app's user wrote them for the folder that the app runs in. */
const PLACES = /^(?:BARROW|PIP|UV)_\w*(?:DIR|FILE|CERT|LINKS|URL|CONSTRAINTS?|OVERRIDES?|REQUIREMENTS?)$|^NETRC$|^SSL_CERT_(?:FILE|DIR)$/;

/**
 * The variables of this process, for a child that starts in another folder: relative places in them stay those of the app.
 */
export function ownVariables(): NodeJS.ProcessEnv {
  const variables: NodeJS.ProcessEnv = { ...process.env };
  for (const [name, value] of Object.entries(variables)) {
    if (value && PLACES.test(name)) {
      variables[name] = value.split(/(\s+)/).map(absolute).join('');
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

function hasSettings(file: string): boolean {
  if (!existsSync(file)) {
    return false;
  }
  return path.basename(file) === 'barrow.toml' || /^\s*\[tool\.barrow\b/m.test(readFileSync(file, 'utf8'));
}

function absolute(word: string): string {
  return word === '' || /^\s|:\/\//.test(word) ? word : path.resolve(word);
}
