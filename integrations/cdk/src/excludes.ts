/**
 * Patterns of `assetExcludes`, which the Docker-based module hands to rsync, as those of `barrow bundle --exclude`.
 *
 * Read as by `rsync --exclude=PATTERN` (rsync(1), "FILTER RULES" and "PATTERN MATCHING RULES"): the first rule that matches decides,
 * a pattern with a slash in it matches the end of a path wherever that is, `**` crosses folders, braces mean themselves. Barrow
 * reads like a `.gitignore`: the last rule decides, and a slash ties a pattern to the top.
 */
export function barrowExcludes(patterns: string[]): string[] {
  let rules: string[] = [];
  for (const pattern of patterns) {
    rules = pattern === '!' ? [] : [...translated(pattern).reverse(), ...rules];
  }
  return rules;
}

function translated(rule: string): string[] {
  const [, sign = '', pattern = ''] = /^([+-] )?(.*)$/s.exec(rule) ?? [];
  const takesBack = sign === '+ ' ? '!' : '';
  const foldersOnly = pattern.endsWith('/') || pattern.endsWith('/***') ? '/' : '';
  const bare = pattern.replace(/(?:\/\*\*\*|\/)$/, '');
  if (bare === '') {
    return [];
  }
  const isWild = /[*?[]/.test(bare);
  const isAnchored = bare.startsWith('/');
  const globs = isWild ? acrossFolders(escapedButWild(bare)) : [escaped(bare)];
  // A leading `/` is the top for barrow as well; without a slash both look at names only.
  return globs.map((glob) => takesBack + (isAnchored || !glob.includes('/') || glob.startsWith('**/') ? '' : '**/') + glob + foldersOnly);
}

/** `**` as a part of its own is at least one folder between two others; within a name see `crossing`. */
function acrossFolders(glob: string): string[] {
  return crossing(glob.replace(/(?<=[^/]\/)\*\*(?=\/)/g, '*/**'));
}

/** `**` inside a name may or may not cross folders, which are two globs for barrow. */
function crossing(glob: string): string[] {
  const inName = /(?<=[^/*])\*\*+|(?<!\*)\*\*+(?=[^/*])/;
  return inName.test(glob) ? [glob.replace(inName, '*'), glob.replace(inName, '*/**/*')].flatMap(crossing) : [glob];
}

function escaped(text: string): string {
  return text.replace(/[\\*?[\]{}!]/g, '\\$&');
}

/** A pattern with wildcards: there a backslash makes the next character mean itself. */
function escapedButWild(pattern: string): string {
  return pattern.replace(/\\(.)|(\[[!^]?\]?[^\]]*\])|[{}]|^!/gs, (text, literal?: string, set?: string) => {
    if (literal !== undefined) {
      return /[\w/]/.test(literal) ? literal : `\\${literal}`;
    }
    return set ?? `\\${text}`;
  });
}
