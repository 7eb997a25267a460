/** Options of `bundling` that stand for a flag; those with a list take the flag's value as one of several. */
const PROPS: { [flag: string]: (value: string) => string } = {
  '--allow-build': (value) => `allowBuild: ['${value}']`,
  '--exclude-runtime': () => 'excludeRuntime: true',
  '--extra': (value) => `extras: ['${value}']`,
  '--extra-index-url': (value) => `extraIndexUrls: ['${value}']`,
  '--group': (value) => `groups: ['${value}']`,
  '--index-url': (value) => `indexUrl: '${value}'`,
  '--report': (value) => `report: '${value}'`,
  '--requirement': (value) => `requirements: ['${value}']`,
  '--slim': (value) => (value === '…' ? 'slim: true' : `slim: ['${value}']`),
};

/** A message of barrow for people who write props: each `--flag value` in backticks becomes what they would write. */
export function inProps(message: string): string {
  return message.replace(/`(--[a-z][a-z-]*)(?:[ =]([^`]*))?`/g, (_, flag: string, value?: string) => {
    const given = value === undefined ? `'${flag}'` : `'${flag}', '${value}'`;
    return `\`bundling: { ${PROPS[flag]?.(value ?? '…') ?? `barrowArgs: [${given}]`} }\``;
  });
}
