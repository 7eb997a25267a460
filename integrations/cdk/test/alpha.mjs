// The Docker-based module beside ours: what its own command line makes of a source on the host, with a stand-in for Docker.
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { barrow, repository, tree } from './support.mjs';

const require = createRequire(import.meta.url);
export const cdk = require('aws-cdk-lib');
export const alpha = require('@aws-cdk/aws-lambda-python-alpha');
export { barrow };

/** Files that installers write for themselves, and `bin`, whose scripts name the installer's own Python. */
const OF_INSTALLERS = /(^|\/)(RECORD|INSTALLER|REQUESTED|direct_url\.json|uv_cache\.json|uv_build\.json) |(^|\/)__pycache__\/|^(python\/)?bin\/(?!tool)|^\.lock /;

/** The assets of an app that `define(stack, python, at)` fills with constructs of the module `python`; `at(…)` are paths in `folder`. */
export function assetsOf(folder, define, python, outdir) {
  const app = new cdk.App({ outdir, analyticsReporting: false });
  const stack = new cdk.Stack(app, 'Corpus');
  define(stack, python, (...names) => path.join(folder, ...names));
  app.synth();
  return fs.readdirSync(outdir).filter((name) => /^asset\.[0-9a-f]{64}$/.test(name)).map((name) => ({
    name, path: path.join(outdir, name), content: tree(path.join(outdir, name)).filter((line) => !OF_INSTALLERS.test(line)),
  }));
}

/** Has the command lines of the Docker-based module run on the host, for a platform and a version of Python, by that Python if it matters. */
export function useStandIn(target) {
  process.env.CDK_DOCKER = path.join(repository, 'tests/integrations/docker_stand_in.py');
  process.env.BARROW_STAND_IN = target;
}
