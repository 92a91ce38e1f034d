/*
 * The plugin: what it answers to each call. One file for each question is in acme/; nothing is kept from call to call.
 */
'use strict';

const { describe } = require('./acme/description');
const { extract } = require('./acme/identification');
const { support } = require('./acme/association');
const { commonFile, deviceFile } = require('./acme/configuration');
const { reference } = require('./acme/serving');
const { Refusal } = require('./refusal');

/** What must be there, or the request cannot be understood. */
function needed(part, name) {
  if (!part) throw Refusal.invalid(`the request has no ${name}`);
  return part;
}

class Plugin {
  constructor(environment) {
    this.environment = environment;
  }

  describe() {
    return describe(this.environment);
  }

  /** Everything these answers depend on is what provd remembers them by: path, file name, User-Agent, vendor class. */
  extract(request) {
    const info = extract(needed(request.request, 'request'));
    return { info, memory: { allowed: true } };
  }

  associate(request) {
    return { support: support(request.info || {}), may_be_remembered: true };
  }

  configureCommon(request) {
    return { files: [commonFile(needed(request.raw_config, 'raw config'))] };
  }

  configure(request) {
    const device = needed(request.device, 'device');
    const { file, warnings } = deviceFile(device, needed(request.raw_config, 'raw config'));
    return { files: [file], trigger_path: file.path, warnings };
  }

  /** Nothing is kept, so there is nothing to forget. */
  deconfigure() {
    return {};
  }

  /** provd finds where the phone is registered, so any device will do. */
  synchronize(request) {
    needed(request.device, 'device');
    return { sip_notify: { event: 'check-sync;reboot=false' } };
  }

  serveFile(request) {
    return reference(needed(request.device, 'device'), needed(request.request, 'request'));
  }
}

module.exports = { Plugin };
