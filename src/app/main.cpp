#include "app/command_line/command_line.h"

int main(int argc, char** argv) { return tickerlake::app::run_command_line(argc, argv); }
