"""command_status of SMPP 3.4 (§5.1.3): numbers with names, never an enum, because carriers invent their own.

Knows nothing of what a status means for a text: that is `codes`' matter.
"""

ROK = 0x00
RINVMSGLEN = 0x01
RINVCMDLEN = 0x02
RINVCMDID = 0x03
RINVBNDSTS = 0x04
RALYBND = 0x05
RINVPRTFLG = 0x06
RINVREGDLVFLG = 0x07
RSYSERR = 0x08
RINVSRCADR = 0x0A
RINVDSTADR = 0x0B
RINVMSGID = 0x0C
RBINDFAIL = 0x0D
RINVPASWD = 0x0E
RINVSYSID = 0x0F
RCANCELFAIL = 0x11
RREPLACEFAIL = 0x13
RMSGQFUL = 0x14
RINVSERTYP = 0x15
RINVNUMDESTS = 0x33
RINVDLNAME = 0x34
RINVDESTFLAG = 0x40
RINVSUBREP = 0x42
RINVESMCLASS = 0x43
RCNTSUBDL = 0x44
RSUBMITFAIL = 0x45
RINVSRCTON = 0x48
RINVSRCNPI = 0x49
RINVDSTTON = 0x50
RINVDSTNPI = 0x51
RINVSYSTYP = 0x53
RINVREPFLAG = 0x54
RINVNUMMSGS = 0x55
RTHROTTLED = 0x58
RINVSCHED = 0x61
RINVEXPIRY = 0x62
RINVDFTMSGID = 0x63
RX_T_APPN = 0x64
RX_P_APPN = 0x65
RX_R_APPN = 0x66
RQUERYFAIL = 0x67
RINVOPTPARSTREAM = 0xC0
ROPTPARNOTALLWD = 0xC1
RINVPARLEN = 0xC2
RMISSINGOPTPARAM = 0xC3
RINVOPTPARAMVAL = 0xC4
RDELIVERYFAILURE = 0xFE
RUNKNOWNERR = 0xFF

NAMES = {value: f"ESME_{name}" for name, value in list(vars().items()) if name.startswith("R")}


def name_of(status: int) -> str:
    """How a log calls it: `0x58 ESME_RTHROTTLED`, `0x410 of the carrier's own`."""
    if 0x400 <= status <= 0x4FF:
        return f"0x{status:X} of the carrier's own"
    return f"0x{status:02X} {NAMES.get(status, 'reserved')}"
