// Locks of every tool, workspaces and folders beside the function, through `PythonFunction`: exactly what is locked, and a hash over
// every folder that is reached. `tests/integrations/run` serves the index that the stored locks are for, and has the tools.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { alpha, assetsOf, barrow, useStandIn } from './alpha.mjs';
import { below, lambda, project, repository, temporaryFolder, useFixtures, write } from './support.mjs';

const { BARROW_LOCK_PROXY: proxy, BARROW_LOCK_TOOLS: tools } = process.env;
const skip = !proxy && 'tests/integrations/run serves the index';
const INDEX = 'http://index.test/simple/';
const runtime = new lambda.Runtime('python3.11', lambda.RuntimeFamily.PYTHON);
const stored = path.join(repository, 'wheels-fixtures/locks');
const LISTED = 'requirements.txt';

function useLockIndex(t) {
  useFixtures(t);
  delete process.env.BARROW_INDEX_URL;
  const home = temporaryFolder(t);
  const python = execFileSync('python3.11', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
  Object.assign(process.env, {
    BARROW_PROXY: proxy, http_proxy: proxy, HTTP_PROXY: proxy, HOME: home, PRIVATE_HOST: 'private.test', NO_COLOR: '1', LANG: 'C.UTF-8',
    PIP_INDEX_URL: INDEX, PIP_TRUSTED_HOST: 'index.test private.test', PIP_NO_CACHE_DIR: '1',
    UV_CACHE_DIR: path.join(home, 'uv'), UV_PYTHON: python, UV_PYTHON_DOWNLOADS: 'never',
    POETRY_VIRTUALENVS_IN_PROJECT: 'false', PYTHON_KEYRING_BACKEND: 'keyring.backends.null.Keyring',
    PIPENV_IGNORE_VIRTUALENVS: '1', PIPENV_PYTHON: python, WORKON_HOME: path.join(home, 'environments'), CI: '1',
    PATH: `${['uv-new', 'poetry-new', 'pipenv-new'].map((name) => path.join(tools, name, 'bin')).join(':')}:${process.env.PATH}`,
  });
  return python;
}

const tool = (folder, name, ...words) => execFileSync(path.join(tools, `${name}-new/bin/${name}`), words, { cwd: folder, stdio: 'pipe' });
const functionOf = (entry, props = {}) => (stack, python, at) => new python.PythonFunction(stack, 'F', { entry: at(entry), runtime, ...props });

/** The only asset of a function, by ours. */
function assetOf(t, folder, entry, props) {
  const [asset] = assetsOf(folder, functionOf(entry, props), barrow, path.join(temporaryFolder(t), 'out'));
  return asset;
}

/** A function with a lock that is stored, and the pins that the lock's own tool says there are for x86_64 and python3.11. */
function storedFunction(t, name, files = {}) {
  const folder = temporaryFolder(t);
  fs.cpSync(path.join(stored, name), path.join(folder, 'app'), { recursive: true });
  fs.rmSync(path.join(folder, 'app/pins.json'));
  write(folder, below('app', { 'index.py': 'import client\n', ...files }));
  const [{ pins }] = JSON.parse(fs.readFileSync(path.join(stored, name, 'pins.json'), 'utf8'));
  return { folder, pins };
}

function pinsOf(asset) {
  const installed = fs.readdirSync(asset.path).map((name) => /^(.+)-([^-]+)\.dist-info$/.exec(name)).filter((found) => found);
  return Object.fromEntries(installed.map(([, name, version]) => [name.replaceAll('_', '-'), version]).sort());
}

for (const [name, files] of [
  ['plain-uv-new', {}],
  ['poetry-poetry-new', { [LISTED]: 'nowhere==1\n' }],
  ['pipfile-pipenv-new', { 'poetry.lock': 'not looked at', [LISTED]: 'nowhere==1\n' }],
  ['plain-uv-0.4', { [LISTED]: 'lib-2==1.0\n' }],
]) {
  test(`corpus: a lock as of ${name}${Object.keys(files).length ? ', beside other files' : ''}`, { skip }, (t) => {
    const python = useLockIndex(t);
    const { folder, pins } = storedFunction(t, name, files);
    const [ours] = assetsOf(folder, functionOf('app'), barrow, path.join(folder, 'ours'));
    // Requirements that are there already are what counts beside a lock of uv, as in the Docker-based module.
    assert.deepEqual(pinsOf(ours), name === 'plain-uv-0.4' ? { 'leaf-2-0': '1.2', 'leaf-2-1': '1.2', 'lib-2': '1.0' } : Object.fromEntries(Object.entries(pins).sort()));
    useStandIn(`manylinux2014_x86_64 3.11 ${python}`);
    const [theirs] = assetsOf(folder, functionOf('app'), alpha, path.join(folder, 'theirs'));
    // What is exported goes over what lies there.
    const listed = (asset) => asset.content.filter((line) => !line.startsWith(`${LISTED} `));
    assert.deepEqual(listed(ours), listed(theirs));
  });
}

test('locks that the Docker-based module does not know: of PDM, and pylock.toml', { skip }, (t) => {
  useLockIndex(t);
  for (const name of ['pdm-pdm-new', 'pdm-static-pdm-new']) {
    const { folder, pins } = storedFunction(t, name);
    assert.deepEqual(pinsOf(assetOf(t, folder, 'app')), Object.fromEntries(Object.entries(pins).sort()), name);
  }
  const { folder, pins } = storedFunction(t, 'plain-uv-new');
  tool(path.join(folder, 'app'), 'uv', 'export', '--frozen', '--no-dev', '--format', 'pylock.toml', '-o', 'pylock.toml', '-q');
  fs.rmSync(path.join(folder, 'app/uv.lock'));
  assert.deepEqual(pinsOf(assetOf(t, folder, 'app')), Object.fromEntries(Object.entries(pins).sort()));
});

/** Asserts that the hash changes with each of these files, and only with them. */
function assertReached(t, folder, entry, files, others = []) {
  const hash = () => assetOf(t, folder, entry).name;
  let before = hash();
  for (const file of files) {
    fs.appendFileSync(path.join(folder, file), file.endsWith('.txt') ? 'lib-1\n' : '# edited\n');
    const after = hash();
    assert.notEqual(after, before, file);
    before = after;
  }
  for (const file of others) {
    fs.appendFileSync(path.join(folder, file), '# edited\n');
    assert.equal(hash(), before, file);
  }
}

const WORKSPACE = `[tool.uv.workspace]\nmembers = ["services/*", "libs/*"]\n\n[[tool.uv.index]]\nname = "ours"\nurl = "${INDEX}"\ndefault = true\n`;
const sources = (...names) => `\n[tool.uv.sources]\n${names.map((name) => `${name} = { workspace = true }\n`).join('')}`;

test('a workspace of uv: a member that requires members, with the lock at the root', { skip }, (t) => {
  useLockIndex(t);
  const folder = write(temporaryFolder(t), {
    'pyproject.toml': WORKSPACE,
    ...below('services/api', { ...project('api', ['shared', 'lib-0'], sources('shared')), 'index.py': 'import shared\n' }),
    ...below('services/other', project('other', ['lib-1'])),
    ...below('libs/shared', project('shared', ['base', 'lib-18'], sources('base'))),
    ...below('libs/base', project('base')),
  });
  tool(folder, 'uv', 'lock', '-q', '--upgrade-package', 'lib-0==1.5');
  const asset = assetOf(t, folder, 'services/api');
  assert.deepEqual(pinsOf(asset), { base: '1', 'lib-0': '1.5', 'lib-18': '2.0', shared: '1' });
  assert.ok(['shared/__init__.py', 'base/__init__.py', 'index.py', 'src/api/__init__.py'].every((name) => fs.existsSync(path.join(asset.path, name))));
  assertReached(t, folder, 'services/api', ['libs/shared/src/shared/__init__.py', 'libs/base/src/base/__init__.py', 'services/api/index.py', 'libs/base/pyproject.toml']);
  const before = assetOf(t, folder, 'services/api').name;
  tool(folder, 'uv', 'lock', '-q', '--upgrade-package', 'lib-0==2.0');
  const after = assetOf(t, folder, 'services/api');
  assert.equal(pinsOf(after)['lib-0'], '2.0');
  assert.notEqual(after.name, before, 'the lock above');
  const commandHooks = { beforeBundling: () => ['true'], afterBundling: () => [] };
  assert.throws(() => assetOf(t, folder, 'services/api', { bundling: { commandHooks } }), /which is not below .*uv\.lock; give it a lock of its own/);
  assert.ok(assetOf(t, folder, 'services/api', { bundling: { commandHooks: { ...commandHooks, beforeBundling: () => [], afterBundling: () => ['true'] } } }));
});

test('corpus: a function whose folder is a project that could be built', { skip }, (t) => {
  const python = useLockIndex(t);
  const folder = write(temporaryFolder(t), below('app', { ...project('app', ['lib-0'], WORKSPACE), 'index.py': 'import lib_0\n' }));
  tool(path.join(folder, 'app'), 'uv', 'lock', '-q');
  const [ours] = assetsOf(folder, functionOf('app'), barrow, path.join(folder, 'ours'));
  assert.deepEqual(pinsOf(ours), { 'lib-0': '2.0' });
  useStandIn(`manylinux2014_x86_64 3.11 ${python}`);
  const [theirs] = assetsOf(folder, functionOf('app'), alpha, path.join(folder, 'theirs'));
  assert.deepEqual(ours.content, theirs.content.filter((line) => !line.startsWith(`${LISTED} `)));
});

test('a workspace of uv whose root is the function', { skip }, (t) => {
  useLockIndex(t);
  const folder = write(temporaryFolder(t), below('app', {
    'pyproject.toml': `[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = ["outer"]\n${WORKSPACE}${sources('outer')}`,
    'index.py': '',
    ...below('libs/outer', project('outer', ['inner', 'lib-19'], sources('inner'))),
    ...below('libs/inner', project('inner', ['lib-18'])),
  }));
  tool(path.join(folder, 'app'), 'uv', 'lock', '-q');
  const asset = assetOf(t, folder, 'app');
  assert.deepEqual(pinsOf(asset), { inner: '1', 'leaf-19-0': '1.2', 'lib-18': '2.0', 'lib-19': '2.0', outer: '1' });
});

test('a monorepo of Poetry: folders that require folders', { skip }, (t) => {
  useLockIndex(t);
  const poetry = (name, dependencies, more = '') => `[tool.poetry]\nname = "${name}"\nversion = "1"\ndescription = ""\nauthors = []\n${more}`
    + `\n[tool.poetry.dependencies]\npython = "^3.11"\n${dependencies}\n[[tool.poetry.source]]\nname = "ours"\nurl = "${INDEX}"\npriority = "primary"\n`;
  const library = (name, dependencies) => {
    const { 'pyproject.toml': standard, ...files } = project(name, dependencies.includes('base') ? ['base'] : []);
    const backend = standard.slice(standard.indexOf('[build-system]'));
    return { ...files, 'pyproject.toml': poetry(name, dependencies, `packages = [{ include = "${name}", from = "src" }]\n`) + backend };
  };
  const folder = write(temporaryFolder(t), {
    ...below('services/api', {
      'pyproject.toml': poetry('api', 'shared = { path = "../../libs/shared", develop = true }\nlib-0 = "^1.0"\n', 'package-mode = false\n'),
      'index.py': 'import shared\n',
    }),
    ...below('libs/shared', library('shared', 'base = { path = "../base", develop = true }\nlib-18 = "*"\n')),
    ...below('libs/base', library('base', '')),
  });
  tool(path.join(folder, 'services/api'), 'poetry', 'lock', '--no-interaction');
  const asset = assetOf(t, folder, 'services/api');
  assert.deepEqual(pinsOf(asset), { base: '1', 'lib-0': '1.5', 'lib-18': '2.0', shared: '1' });
  assertReached(t, folder, 'services/api', ['libs/shared/src/shared/__init__.py', 'libs/base/src/base/__init__.py']);
});

test('`-e .` and `../lib` in requirements', { skip }, (t) => {
  useLockIndex(t);
  const folder = write(temporaryFolder(t), {
    ...below('services/api', { ...project('api', ['lib-0<2']), 'index.py': 'import api, shared\n', [LISTED]: '-e .\n../../libs/shared\n-r ../../libs/common.txt\n' }),
    ...below('libs/shared', project('shared', ['lib-18'])),
    'libs/common.txt': './base\n',
    ...below('libs/base', project('base')),
    ...below('libs/other', project('other')),
    ...project('stranger'),
  });
  const asset = assetOf(t, folder, 'services/api');
  assert.deepEqual(pinsOf(asset), { api: '1', base: '1', 'lib-0': '1.5', 'lib-18': '2.0', shared: '1' });
  for (const name of ['index.py', 'src/api/__init__.py', 'api/__init__.py', 'shared/__init__.py', 'base/__init__.py']) {
    assert.ok(fs.existsSync(path.join(asset.path, name)), name);
  }
  const reached = ['services/api/src/api/__init__.py', 'libs/shared/src/shared/__init__.py', 'libs/base/src/base/__init__.py', 'libs/common.txt'];
  assertReached(t, folder, 'services/api', reached, ['libs/other/src/other/__init__.py', 'src/stranger/__init__.py']);
});
