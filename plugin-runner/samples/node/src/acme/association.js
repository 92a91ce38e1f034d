/*
 * How well a phone is supported, by what is known of it.
 */
'use strict';

const { FIRMWARE, MODELS, VENDOR } = require('./family');

function support(info) {
  if (!info.vendor) return 'SUPPORT_UNKNOWN';
  if (info.vendor !== VENDOR) return 'SUPPORT_IMPROBABLE';
  if (!Object.prototype.hasOwnProperty.call(MODELS, info.model || '')) return 'SUPPORT_PROBABLE';
  const version = info.version || '';
  if (version === FIRMWARE || version.startsWith(`${FIRMWARE}.`)) return 'SUPPORT_EXACT';
  // Another major version may read other files.
  const isOfOneLine = version === '' || version.startsWith('1.');
  return isOfOneLine ? 'SUPPORT_COMPLETE' : 'SUPPORT_INCOMPLETE';
}

module.exports = { support };
