import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BarrowOptions } from './types';

/** The arguments of barrow that options stand for, but for requirements, target and excludes. */
export function optionArguments(options: BarrowOptions): string[] {
  const { allowBuild = [], indexUrl, extraIndexUrls = [], extras = [], groups = [], excludeRuntime, slim, barrowArgs = [] } = options;
  const each = (flag: string, values: string[]) => values.flatMap((value) => [flag, value]);
  return [
    ...each('--allow-build', allowBuild),
    ...each('--index-url', withoutSecrets('indexUrl', indexUrl === undefined ? [] : [indexUrl])),
    ...each('--extra-index-url', withoutSecrets('extraIndexUrls', extraIndexUrls)),
    ...each('--extra', extras),
    ...each('--group', groups),
    ...(excludeRuntime ? ['--exclude-runtime'] : []),
    ...(slim === true ? ['--slim'] : (slim || []).map((what) => `--slim=${what}`)),
    ...barrowArgs,
  ];
}

/** Options are part of the cloud assembly's hashes and of a repository: no place for a password. */
function withoutSecrets(name: string, urls: string[]): string[] {
  if (urls.some((url) => /:\/\/[^/?#\s]*@/.test(url))) {
    throw new Error(
      `barrow: a URL of \`${name}\` holds credentials; keep them in netrc, pip.conf or \`environment\` `
        + '(PIP_INDEX_URL, PIP_EXTRA_INDEX_URL)',
    );
  }
  return urls;
}

/** An argument without what differs between machines: credentials in a URL, and where the checkout lies. */
export function withoutPlace(argument: string, entry: string): string {
  const [, flag = '', text = ''] = /^(--[\w-]+=)?(.*)$/s.exec(argument) ?? [];
  const value = text.startsWith('file://') ? fileURLToPath(text) : text.replace(/:\/\/[^/?#\s]*@/g, '://');
  return flag + (path.isAbsolute(value) ? path.relative(entry, value) : value);
}
