/*
 * What the plugin says of itself.
 */
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { status } = require('@grpc/grpc-js');

const { FIRMWARE, MODELS, VENDOR } = require('./family');
const { Refusal } = require('../refusal');

/** The same as in plugin.toml. */
const ID = 'acme-node-1.2';
const VERSION = '0.1.0';
/** Minor revision of the .proto files this was written with. */
const API_MINOR = 1;

/** Folder of static files. */
const SERVED = 'served';

function describe(environment) {
  if (!fs.existsSync(path.join(environment.folder, SERVED))) {
    throw new Refusal(status.FAILED_PRECONDITION, `the plugin's folder has no ${SERVED}/: install it whole`);
  }
  return {
    id: ID,
    version: VERSION,
    description: 'Acme A10 and A20',
    api_minor: API_MINOR,
    supported_devices: Object.entries(MODELS).map(([model, able]) => ({
      vendor: VENDOR,
      model,
      version: FIRMWARE,
      capabilities: { lines: able.lines, function_keys: able.keys, protocol: 'sip', type: 'deskphone' },
    })),
    filters: filters(),
    dhcp_hints: [dhcpHint()],
    sensitive_filenames: ['(?i)^acme-[0-9a-f]{12}\\.cfg$'],
    served_folders: [SERVED],
  };
}

/** Requests that can say something about a phone; provd asks about no others. */
function filters() {
  const file = '(?i)(^|/)acme-[0-9a-f]{12}\\.cfg$';
  return [
    { kind: 'REQUEST_KIND_HTTP', user_agent: '^Acme A[0-9]+ ' },
    { kind: 'REQUEST_KIND_HTTP', path: file },
    { kind: 'REQUEST_KIND_TFTP', path: file },
    { kind: 'REQUEST_KIND_DHCP', vendor_class: '^Acme A[0-9]+$' },
  ];
}

/** The phone asks for its file below option 66, and for the common one where option 43 says. */
function dhcpHint() {
  return {
    vendor_class_prefixes: ['Acme A'],
    mac_prefixes: ['00:11:22'],
    options: [
      { code: 66, text: '{http}' },
      { code: 43, sub_options: [{ code: 1, text: '{http}/acme.cfg' }, { code: 2, boolean: true }] },
    ],
  };
}

module.exports = { describe };
