/** Stand-in: identifiers that the build finds in the program's modules; a test checks that each is named in them. */
#pragma once
enum {
	xsID_activeLow = 1, xsID_atUs, xsID_beam, xsID_blocks, xsID_bytes, xsID_column, xsID_dark, xsID_emitter,
	xsID_framingErrors, xsID_garbled, xsID_held, xsID_home, xsID_invertReceive, xsID_invertTransmit, xsID_kind,
	xsID_lateReleases, xsID_length, xsID_motor, xsID_naks, xsID_newsLost, xsID_onReadable, xsID_onReady,
	xsID_powerFail, xsID_present, xsID_reason, xsID_receive, xsID_rets, xsID_stall, xsID_strays, xsID_transmit,
	xsID_why
};
