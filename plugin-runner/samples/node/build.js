/*
 * Builds plugin/acme.js: the program, the libraries it uses and the contract, all in one file, because what provd installs
 * is the folder plugin/ and nothing beside it.
 */
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const esbuild = require('esbuild');
const protobuf = require('protobufjs');

/** Where the .proto files are in provd's own tree. */
const TREE = path.join(__dirname, '..', '..', '..', 'proto');
/** Where this folder keeps its copy of them. */
const COPY = path.join(__dirname, 'proto');
const PROTOS = [
  'grpc/health/v1/health.proto',
  ...['describe', 'device', 'plugin', 'raw_config', 'request'].map((name) => `provd/plugin/v1/${name}.proto`),
];

/** Copies the .proto files, so that this folder can be taken elsewhere and built there. */
function copyContract() {
  if (!fs.existsSync(TREE)) return;
  for (const name of PROTOS) {
    fs.mkdirSync(path.dirname(path.join(COPY, name)), { recursive: true });
    fs.copyFileSync(path.join(TREE, name), path.join(COPY, name));
  }
}

/** Makes one JSON document of them, which a bundle can hold, in contrast to files that are looked for at run time. */
function compileContract() {
  const root = new protobuf.Root();
  root.resolvePath = (_, name) => path.join(COPY, name);
  root.loadSync(PROTOS, { keepCase: true }).resolveAll();
  fs.mkdirSync(path.join(__dirname, 'build'), { recursive: true });
  fs.writeFileSync(path.join(__dirname, 'build', 'contract.json'), JSON.stringify(root.toJSON()));
}

copyContract();
compileContract();
esbuild.buildSync({
  absWorkingDir: __dirname,
  entryPoints: ['src/main.js'],
  outfile: 'plugin/acme.js',
  bundle: true,
  platform: 'node',
  target: 'es2020',
});
