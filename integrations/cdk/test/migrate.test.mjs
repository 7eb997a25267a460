// `barrow-cdk migrate` changes imports and names what needs a hand.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './support.mjs';

const program = fileURLToPath(new URL('../lib/migrate.js', import.meta.url));
const FILES = {
  'lib/stack.ts': "import * as python from '@aws-cdk/aws-lambda-python-alpha';\nnew python.PythonFunction(this, 'F', {\n  bundling: {\n    image: DockerImage.fromBuild('x'),\n    buildArgs: { A: 'b' },\n  },\n});\n",
  'bin/app.js': 'const { PythonFunction } = require("@aws-cdk/aws-lambda-python-alpha");\n',
  'stack.py': 'from aws_cdk.aws_lambda_python_alpha import PythonFunction\nfrom aws_cdk import aws_lambda_python_alpha as lambda_python\nimport aws_cdk.aws_lambda_python_alpha as alpha\n',
  'mixed.py': 'from aws_cdk import Stack, aws_lambda_python_alpha as python\nfrom aws_cdk import aws_lambda_python_alpha as other, Stack  # both\n',
  'lines.py': 'if True:\n    from aws_cdk import (\n        Stack,\n        aws_lambda as lambda_,\n        aws_lambda_python_alpha as python,  # Docker\n        Duration,\n    )\n',
  'slash.py': 'from aws_cdk import App, \\\n    aws_lambda_python_alpha\nfrom aws_cdk import (aws_lambda_python_alpha as only)\n',
  'whole.py': 'import aws_cdk.aws_lambda_python_alpha\n',
  'test/stack.test.ts': "jest.mock('@aws-cdk/aws-lambda-python-alpha');\nconst python = await import('@aws-cdk/aws-lambda-python-alpha');\nimport alpha = require('@aws-cdk/aws-lambda-python-alpha');\n",
  'other.ts': "const image = 'x';\nconst options = { image: 1 };\n",
  'package.json': '{ "dependencies": {\n  "@aws-cdk/aws-lambda-python-alpha": "2.1.0" } }\n',
  'node_modules/x/index.js': "require('@aws-cdk/aws-lambda-python-alpha');\n",
};

test('imports change, and what needs a hand is named with its line', (t) => {
  const folder = temporaryFolder(t);
  for (const [name, text] of Object.entries(FILES)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
  const read = (name) => fs.readFileSync(path.join(folder, name), 'utf8');
  const run = (...words) => execFileSync('node', [program, 'migrate', ...words], { cwd: folder, encoding: 'utf8' });
  const dry = run('--dry-run');
  for (const [name, text] of Object.entries(FILES)) assert.equal(read(name), text);
  assert.equal(run(), dry);
  assert.equal(dry, [
    'bin/app.js: import changed',
    'lib/stack.ts: import changed',
    'lines.py: import changed',
    'mixed.py: import changed',
    'slash.py: import changed',
    'stack.py: import changed',
    'test/stack.test.ts: import changed',
    'lib/stack.ts:4: there is no image: system libraries that it adds belong into a layer or a hook',
    'lib/stack.ts:5: PIP_INDEX_URL and PIP_EXTRA_INDEX_URL become `indexUrl` and `extraIndexUrls`; others go',
    'package.json:2: depend on barrow-cdk instead',
    'whole.py:1: import it from barrow-cdk (barrow_cdk in Python)',
    '',
  ].join('\n'));
  assert.ok(read('lib/stack.ts').startsWith("import * as python from 'barrow-cdk';\n"));
  assert.equal(read('bin/app.js'), 'const { PythonFunction } = require("barrow-cdk");\n');
  assert.equal(read('stack.py'), 'from barrow_cdk import PythonFunction\nimport barrow_cdk as lambda_python\nimport barrow_cdk as alpha\n');
  for (const name of ['whole.py', 'other.ts', 'package.json', 'node_modules/x/index.js']) assert.equal(read(name), FILES[name]);
  assert.equal(read('mixed.py'), 'from aws_cdk import Stack\nimport barrow_cdk as python\nfrom aws_cdk import Stack  # both\nimport barrow_cdk as other\n');
  assert.equal(read('lines.py'), 'if True:\n    from aws_cdk import (\n        Stack,\n        aws_lambda as lambda_,\n        Duration,\n    )\n    import barrow_cdk as python\n');
  assert.equal(read('slash.py'), 'from aws_cdk import App\nimport barrow_cdk as aws_lambda_python_alpha\nimport barrow_cdk as only\n');
  assert.equal(read('test/stack.test.ts'), "jest.mock('barrow-cdk');\nconst python = await import('barrow-cdk');\nimport alpha = require('barrow-cdk');\n");
  assert.ok(!run().includes('import changed'), 'a second run changes nothing');
  assert.equal(spawnSync('node', [program, 'emigrate']).status, 2);
});
