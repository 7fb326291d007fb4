/** Stand-in: identifiers that the build finds in the program's modules; a test checks that each is named in them. */
#pragma once
enum {
	xsID_atUs = 1, xsID_blocks, xsID_bytes, xsID_column, xsID_dark, xsID_framingErrors, xsID_garbled, xsID_held,
	xsID_kind, xsID_lateReleases, xsID_naks, xsID_newsLost, xsID_onReadable, xsID_onReady, xsID_present, xsID_reason,
	xsID_rets, xsID_strays, xsID_why
};
