/*
 * Answers that are no responses. The text is read by administrators: it says what to do, and holds no secret.
 */
'use strict';

const { status } = require('@grpc/grpc-js');

/** An error with the code that the contract's tables name. */
class Refusal extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }

  /** The request cannot be understood. */
  static invalid(message) {
    return new Refusal(status.INVALID_ARGUMENT, message);
  }

  /** It is understood, but what is known does not suffice. */
  static insufficient(message) {
    return new Refusal(status.FAILED_PRECONDITION, message);
  }

  /** There is no such file. */
  static notFound(message) {
    return new Refusal(status.NOT_FOUND, message);
  }

  /** There is, but not for this phone. */
  static forbidden(message) {
    return new Refusal(status.PERMISSION_DENIED, message);
  }

  /** Whoever asks is not provd. */
  static unauthenticated(message) {
    return new Refusal(status.UNAUTHENTICATED, message);
  }

  /** Not now. */
  static unavailable(message) {
    return new Refusal(status.UNAVAILABLE, message);
  }
}

module.exports = { Refusal };
