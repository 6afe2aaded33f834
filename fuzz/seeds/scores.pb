
Norland supports the truce.Sudria backs a truce.