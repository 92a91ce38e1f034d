/*
 * Which file a phone asks for. It is named, not read: provd has it, and opens what lies in served/ itself.
 */
'use strict';

const { macOf } = require('./family');
const { Refusal } = require('../refusal');

/** The file of one phone. */
const DEVICE = /^acme-([0-9a-f]{12})\.cfg$/i;
/** A file below served/: one that is in the plugin, or firmware that an administrator put there. */
const STATIC = /^acme-[A-Za-z0-9._-]{1,100}$/;

function reference(device, request) {
  const name = nameOf(request);
  if (name === 'acme.cfg') return { generated: { path: name }, memory: 'MEMORY_BY_PATH' };
  const own = DEVICE.exec(name);
  if (own) return ownFile(device.info || {}, own[1]);
  if (STATIC.test(name)) return { served: { path: name }, memory: 'MEMORY_BY_PATH' };
  throw Refusal.notFound('these phones have no such file');
}

/** The MAC address in the name may be in upper case, the path never is. */
function ownFile(info, digits) {
  if (!info.mac || macOf(digits) !== info.mac) throw Refusal.forbidden('that is the file of another phone');
  return { generated: { path: `acme-${digits.toLowerCase()}.cfg` }, memory: 'MEMORY_BY_DEVICE' };
}

/** Name of the file asked for; over TFTP a phone may leave out the slash before it. */
function nameOf(request) {
  switch (request.kind) {
    case 'http':
      return request.http.path.replace(/^\/+/, '');
    case 'tftp':
      return request.tftp.filename.replace(/^\/+/, '');
    default:
      throw Refusal.invalid('files are asked for over HTTP and TFTP');
  }
}

module.exports = { reference };
