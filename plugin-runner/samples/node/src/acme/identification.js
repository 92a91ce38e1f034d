/*
 * Who is asking: what a request says about the phone behind it. Of a request it knows nothing about it says nothing.
 */
'use strict';

const { VENDOR, macOf } = require('./family');

/** `Acme A10 1.2.3 00:11:22:33:44:55`. */
const USER_AGENT = /^Acme (A[0-9]{1,4}) ([0-9]+(?:\.[0-9]+){0,5}) ([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5})$/;
/** `Acme A10`. */
const VENDOR_CLASS = /^Acme (A[0-9]{1,4})$/;
/** `acme-001122334455.cfg`, in whatever folder. */
const FILE = /(?:^|\/)acme-([0-9a-f]{12})\.cfg$/i;

/** Code of the DHCP option that holds the vendor class identifier (RFC 2132 §9.13). */
const VENDOR_CLASS_IDENTIFIER = 60;

/** Facts about the phone, or nothing. */
function extract(request) {
  switch (request.kind) {
    case 'http':
      return ofUserAgent(request.http) || ofFile(request.http.path);
    case 'tftp':
      return ofFile(request.tftp.filename);
    case 'dhcp':
      return ofLease(request.dhcp);
    default:
      return undefined;
  }
}

function ofUserAgent(http) {
  const agent = http.headers.find((header) => header.name === 'user-agent');
  const found = agent && USER_AGENT.exec(agent.value);
  const mac = found && macOf(found[3]);
  return mac ? { vendor: VENDOR, model: found[1], version: found[2], mac } : undefined;
}

function ofFile(name) {
  const found = FILE.exec(name);
  const mac = found && macOf(found[1]);
  return mac ? { vendor: VENDOR, mac } : undefined;
}

/** provd itself knows the MAC address of a DHCP client. */
function ofLease(dhcp) {
  const option = dhcp.options[VENDOR_CLASS_IDENTIFIER];
  const vendorClass = option ? option.toString('latin1').replace(/\0+$/, '') : '';
  const found = VENDOR_CLASS.exec(vendorClass);
  return found ? { vendor: VENDOR, model: found[1] } : undefined;
}

module.exports = { extract };
