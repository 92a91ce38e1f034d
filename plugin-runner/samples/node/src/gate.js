/*
 * The gate all calls go through. It counts those that run and, once closed, lets no more in.
 */
'use strict';

const { Refusal } = require('./refusal');

class Gate {
  constructor() {
    this.running = 0;
    this.closed = false;
    this.waiting = [];
  }

  /** Runs a call, unless the gate is closed. */
  async pass(call) {
    if (this.closed) throw Refusal.unavailable('this plugin is draining');
    this.running += 1;
    try {
      return await call();
    } finally {
      this.running -= 1;
      if (this.running === 0) this.waiting.splice(0).forEach((tell) => tell());
    }
  }

  /** Lets no more in, and waits until nothing runs. */
  async close() {
    this.closed = true;
    if (this.running > 0) await new Promise((tell) => this.waiting.push(tell));
  }
}

module.exports = { Gate };
