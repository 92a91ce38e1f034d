/*
 * What provd tells a plugin through its environment.
 */
'use strict';

/** Major version of the contract this plugin was written for. */
const API = '1';

/** Variables without which a plugin cannot work, and what they are called here. */
const NEEDED = {
  PROVD_PLUGIN_SOCKET: 'socket',
  PROVD_PLUGIN_ID: 'id',
  PROVD_PLUGIN_DIR: 'folder',
  PROVD_PLUGIN_SCRATCH: 'scratch',
  PROVD_PLUGIN_TOKEN: 'token',
};

/** `socket`, `id`, `folder`, `scratch`, `token` (SECRET) and `log` as provd states them. */
class Environment {
  /** Reads variables. `missing` says what keeps this from being a plugin, if anything. */
  static of(variables) {
    const environment = new Environment();
    for (const [variable, name] of Object.entries(NEEDED)) {
      if (!variables[variable]) environment.missing = environment.missing || `${variable} is not set`;
      environment[name] = variables[variable];
    }
    if (!environment.missing && variables.PROVD_PLUGIN_API !== API) {
      environment.missing = `it was written for plugin API ${API}, PROVD_PLUGIN_API is another`;
    }
    environment.log = variables.PROVD_LOG || '';
    return environment;
  }
}

module.exports = { Environment };
