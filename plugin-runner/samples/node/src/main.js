/*
 * The process: what it is told at its start, and what ends it. What it answers is in plugin.js.
 */
'use strict';

const { Environment } = require('./environment');
const { Log } = require('./log');
const { PluginServer } = require('./server');

/** How long calls that run may still take when the process is told to end; provd kills after 5 s. */
const LONGEST_END_MS = 4000;

/** Exit status of a program that was started by hand. */
const BY_HAND = 2;

async function main() {
  const environment = Environment.of(process.env);
  if (environment.missing) {
    process.stderr.write(
      'This program is a plugin of the phone provisioning server provd, which starts it and asks it about phones. ' +
        `It does nothing by itself (${environment.missing}).\n`,
    );
    process.exit(BY_HAND);
  }
  const log = new Log(environment.log, process.stderr);
  const server = new PluginServer(environment, log);
  endWhenTold(server, log);
  await server.listen();
  log.info('serving');
}

/** SIGTERM asks for the end; a stdin that ends says that provd is gone. */
function endWhenTold(server, log) {
  let ending = false;
  const end = (why) => {
    if (ending) return;
    ending = true;
    log.info(why);
    setTimeout(() => process.exit(0), LONGEST_END_MS).unref();
    server.close().then(() => process.exit(0));
  };
  process.on('SIGTERM', () => end('provd asks this plugin to end'));
  process.stdin.on('end', () => end('provd is gone'));
  process.stdin.on('error', () => end('provd is gone'));
  process.stdin.resume();
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
