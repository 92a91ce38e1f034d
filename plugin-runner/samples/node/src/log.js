/*
 * The log: JSON objects, one a line. What is secret never comes here: passwords, the token, contents of files.
 */
'use strict';

const LEVELS = ['error', 'warn', 'info', 'debug', 'trace'];

/** The first level that PROVD_LOG names: it may be a whole filter, such as `info,provd=debug`. */
function levelOf(filter) {
  const named = filter.split(',').find((part) => LEVELS.includes(part.trim()));
  return named ? named.trim() : 'info';
}

/** Writes what is at least as grave as PROVD_LOG demands. */
class Log {
  constructor(filter, stream) {
    this.most = LEVELS.indexOf(levelOf(filter));
    this.stream = stream;
  }

  error(message, fields) {
    this.write('error', message, fields);
  }

  info(message, fields) {
    this.write('info', message, fields);
  }

  debug(message, fields) {
    this.write('debug', message, fields);
  }

  write(level, message, fields) {
    if (LEVELS.indexOf(level) > this.most) return;
    this.stream.write(`${JSON.stringify({ level, message, ...fields })}\n`);
  }
}

module.exports = { Log };
