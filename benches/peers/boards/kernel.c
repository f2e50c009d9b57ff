// The peer on a board: the loop of plain.h for f32, as gcc compiles it. Apart from the program around it, so
// that flags for the one are not flags for the other.
#include "../plain.h"

PLAIN(float, 8, step_8)
PLAIN(float, 16, step_16)
