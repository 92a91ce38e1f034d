/*
 * The gRPC server: both services of the contract on the socket provd named, for nobody but provd. It knows nothing of phones.
 */
'use strict';

const crypto = require('node:crypto');
const grpc = require('@grpc/grpc-js');
const { fromJSON } = require('@grpc/proto-loader');

const { Gate } = require('./gate');
const { Plugin } = require('./plugin');
const { Refusal } = require('./refusal');
const contract = require('../build/contract.json');

/** The most a message may have; libraries take 4 MiB unless they are told. */
const LONGEST_MESSAGE = 8 * 1024 * 1024;

/** Messages as plain objects with the names of the .proto files. */
const FORM = { keepCase: true, defaults: true, oneofs: true, enums: String };

/** How long it takes does not tell how much of the token was right. */
function equal(one, other) {
  const digest = (text) => crypto.createHash('sha256').update(text).digest();
  return crypto.timingSafeEqual(digest(one), digest(other));
}

class PluginServer {
  constructor(environment, log) {
    this.environment = environment;
    this.log = log;
    this.gate = new Gate();
    this.server = new grpc.Server({
      'grpc.max_receive_message_length': LONGEST_MESSAGE,
      'grpc.max_send_message_length': LONGEST_MESSAGE,
    });
    const services = fromJSON(contract, FORM);
    this.server.addService(services['provd.plugin.v1.Plugin'], this.calls(new Plugin(environment)));
    this.server.addService(services['grpc.health.v1.Health'], { Check: this.call(() => this.health()) });
  }

  /** Binds the socket. */
  async listen() {
    const address = `unix:${this.environment.socket}`;
    await new Promise((resolve, reject) => {
      const credentials = grpc.ServerCredentials.createInsecure();
      this.server.bindAsync(address, credentials, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Lets calls that run finish, and takes no more. */
  async close() {
    await this.gate.close();
    await new Promise((resolve) => this.server.tryShutdown(resolve));
  }

  /** Each call of the contract, through the gate. */
  calls(plugin) {
    const through = (answer) => this.call((request) => this.gate.pass(() => answer(request)));
    return {
      Describe: through(() => plugin.describe()),
      Extract: through((request) => plugin.extract(request)),
      Associate: through((request) => plugin.associate(request)),
      ConfigureCommon: through((request) => plugin.configureCommon(request)),
      Configure: through((request) => plugin.configure(request)),
      Deconfigure: through(() => plugin.deconfigure()),
      Synchronize: through((request) => plugin.synchronize(request)),
      ServeFile: through((request) => plugin.serveFile(request)),
      Drain: this.call(() => this.drain()),
    };
  }

  async drain() {
    await this.gate.close();
    return {};
  }

  health() {
    return { status: this.gate.closed ? 'NOT_SERVING' : 'SERVING' };
  }

  /** What grpc-js calls: it admits the caller, and makes an error a status. */
  call(answer) {
    return async (call, reply) => {
      try {
        this.admit(call.metadata);
        reply(null, await answer(call.request));
      } catch (error) {
        reply(this.status(error));
      }
    };
  }

  admit(metadata) {
    const [token] = metadata.get('provd-token');
    if (token === undefined || !equal(String(token), this.environment.token)) {
      throw Refusal.unauthenticated('this plugin answers only the provd that started it');
    }
  }

  /** What is no refusal is a defect: provd shows its name, and the log where it came from. */
  status(error) {
    if (error instanceof Refusal) {
      this.log.debug('refused', { code: grpc.status[error.code], reason: error.message });
      return { code: error.code, details: error.message };
    }
    this.log.error('defect', { stack: error.stack });
    return { code: grpc.status.INTERNAL, details: `${error.name}: ${error.message}` };
  }
}

module.exports = { PluginServer };
