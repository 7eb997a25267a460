// What the tests share: small functions on disk, synthesis in a folder of its own, and what lies in an asset.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
export const { App, AssetHashType, Stack } = require('aws-cdk-lib');
export const lambda = require('aws-cdk-lib/aws-lambda');
export const barrow = require('../lib/index.js');
// By name, because the oldest versions of the CDK that the package is for do not know the newest runtimes.
export const [PYTHON_3_12, PYTHON_3_13] = ['python3.12', 'python3.13'].map((name) => new lambda.Runtime(name, lambda.RuntimeFamily.PYTHON));

const here = path.dirname(fileURLToPath(import.meta.url));
export const repository = process.env.BARROW_REPOSITORY ?? path.resolve(here, '../../..');
export const fixtures = path.join(repository, 'wheels-fixtures/simple');
export const binary = process.env.BARROW_BIN ?? path.join(repository, 'target/debug/barrow');

/** A temporary folder that goes with the test. */
export function temporaryFolder(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'barrow-cdk-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder with a handler and requirements from the fixture index. */
export function functionFolder(parent, requirements = 'barrow-hello\n', name = 'function') {
  const folder = path.join(parent, name);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'index.py'), 'import barrow_hello\n\ndef handler(event, context):\n    return 1\n');
  fs.writeFileSync(path.join(folder, 'requirements.txt'), requirements);
  return folder;
}

/** Makes the process environment that of a user whose only index is the fixtures'. */
export function useFixtures(t) {
  const before = { ...process.env };
  process.env.BARROW_BIN = binary;
  process.env.BARROW_INDEX_URL = fixtures;
  process.env.BARROW_CACHE_DIR = temporaryFolder(t);
  // What CDK would run as Docker: a program that fails.
  process.env.CDK_DOCKER = 'false';
  t.after(() => {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  });
}

/** Synthesises an app that `define(stack)` fills; gives the assets by the logical ids that use them. */
export function synthesise(outdir, define, context = {}) {
  const app = new App({ outdir, context });
  const stack = new Stack(app, 'Test');
  define(stack);
  const assembly = app.synth();
  const template = assembly.getStackByName('Test').template;
  const assets = {};
  for (const [id, resource] of Object.entries(template.Resources)) {
    const code = resource.Properties?.Code ?? resource.Properties?.Content;
    if (code?.S3Key) {
      const hash = code.S3Key.replace(/\.zip$/, '');
      const plain = path.join(outdir, `asset.${hash}`);
      assets[id] = { hash, path: fs.existsSync(`${plain}.zip`) ? `${plain}.zip` : plain };
    }
  }
  return { assets, template };
}

/** The only asset of a synthesis. */
export function onlyAsset(synthesis) {
  return Object.values(synthesis.assets)[0];
}

/** Every file of a folder: path, mode and digest. Linked files are read-only, which depends on the file system, so that bit is not told. */
export function tree(folder) {
  const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files
    .map((entry) => {
      const file = path.join(entry.parentPath ?? entry.path, entry.name);
      const digest = createHash('sha256').update(fs.readFileSync(file)).digest('hex');
      return `${path.relative(folder, file)} ${((fs.statSync(file).mode & 0o777) | 0o200).toString(8)} ${digest}`;
    })
    .sort();
}

/** Runs barrow itself, for what the hook's result must equal. */
export function runBarrow(...args) {
  return execFileSync(binary, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

const BACKEND = `import base64, hashlib, os, pathlib, zipfile


def build_wheel(folder, config_settings=None, metadata_directory=None):
    info = "{name}-1.dist-info"
    files = {{str(path.relative_to("src")): path.read_bytes() for path in sorted(pathlib.Path("src").rglob("*.py"))}}
    files[f"{{info}}/METADATA"] = b"Metadata-Version: 2.1\\nName: {name}\\nVersion: 1\\n{requires}"
    files[f"{{info}}/WHEEL"] = b"Wheel-Version: 1.0\\nGenerator: own\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    digest = lambda content: base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    record = "".join(f"{{path}},sha256={{digest(content)}},{{len(content)}}\\n" for path, content in files.items())
    with zipfile.ZipFile(os.path.join(folder, "{name}-1-py3-none-any.whl"), "w") as wheel:
        for path, content in {{**files, f"{{info}}/RECORD": (record + f"{{info}}/RECORD,,\\n").encode()}}.items():
            wheel.writestr(path, content)
    return "{name}-1-py3-none-any.whl"
`;

/** The files of a project that is built with nothing but Python: a module of its name below \`src\`, and what it requires. */
export function project(name, requires = [], more = '') {
  const lines = requires.map((line) => `Requires-Dist: ${line}\\n`).join('');
  return {
    'pyproject.toml': `[project]\nname = "${name}"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = ${JSON.stringify(requires)}\n`
      + `[build-system]\nrequires = []\nbuild-backend = "back"\nbackend-path = ["."]\n${more}`,
    'back.py': BACKEND.replaceAll('{name}', name).replaceAll('{requires}', lines).replaceAll('{{', '{').replaceAll('}}', '}'),
    [`src/${name}/__init__.py`]: `NAME = '${name}'\n`,
  };
}

/** Writes files, with their folders. */
export function write(folder, files) {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

/** Files below a folder name. */
export const below = (folder, files) => Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]));
