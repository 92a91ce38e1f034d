/*
 * The family: who makes these phones, which there are, what they can do, and how they spell a MAC address.
 */
'use strict';

const VENDOR = 'Acme';
/** Firmware this plugin is for; phones report it with one more number, `1.2.3`. */
const FIRMWARE = '1.2';

/** SIP lines and function keys of each model. */
const MODELS = { A10: { lines: 2, keys: 4 }, A20: { lines: 4, keys: 12 } };

/** What a model can do; of one that is not known, what all can do. */
function abilities(model) {
  return Object.prototype.hasOwnProperty.call(MODELS, model) ? MODELS[model] : MODELS.A10;
}

/**
 * Twelve digits, with colons or without, as the contract spells a MAC address: `00:11:22:33:44:55`. Nothing if they are that of
 * no single station.
 */
function macOf(text) {
  const digits = text.replace(/:/g, '').toLowerCase();
  if (digits === '000000000000' || digits === 'ffffffffffff') return undefined;
  return digits.match(/../g).join(':');
}

module.exports = { VENDOR, FIRMWARE, MODELS, abilities, macOf };
