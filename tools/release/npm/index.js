'use strict';

const path = require('node:path');

/**
 * The path of the barrow program for this machine.
 *
 * @returns {string}
 * @throws {Error} when the package of this platform was not installed.
 */
function programPath() {
  const name = `barrow-${process.platform}-${process.arch}`;
  try {
    return path.join(path.dirname(require.resolve(`${name}/package.json`)), 'bin', 'barrow');
  } catch {
    throw new Error(
      `barrow: the package \`${name}\` is not installed. There is none for some platforms, and ` +
        '`npm install --omit=optional` leaves it out: install barrow in another way and name it in BARROW_BIN',
    );
  }
}

module.exports = { programPath };
