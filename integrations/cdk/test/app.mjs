// A small app for tests that have to do something while it synthesises: `node app.mjs OUTDIR ENTRY`.
import { PYTHON_3_13, barrow, lambda, synthesise } from './support.mjs';

const [outdir, entry] = process.argv.slice(2);
synthesise(outdir, (stack) => {
  new barrow.PythonFunction(stack, 'F', {
    entry, runtime: PYTHON_3_13, architecture: lambda.Architecture.ARM_64,
  });
});
