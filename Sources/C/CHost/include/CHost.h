#pragma once
#include <sys/types.h>

// What glibc declares only with _GNU_SOURCE, which Swift's own view of it lacks.

// A pipe, reader first, that no child process inherits. 0, or -1 with errno.
int chost_pipe(int ends[2]);

// One heap for all threads, instead of one for each that glibc never gives back.
void chost_share_heap(void);

// Gives free memory of the heap back to the system.
void chost_trim_heap(void);

// Takes the pages of the program and its libraries that nobody writes to out of this process: those that it goes on
// using are mapped again from the page cache, one by one.
void chost_release_code(void);

// Starts `arguments[0]`, looked up in PATH, in a process group of its own, with /dev/null as standard input, the two
// descriptors as standard output and error, no other open file, and default signals. 0, or an error number.
int chost_spawn(pid_t *pid, char *const arguments[], char *const environment[], int output, int errors);

// Starts a program that reads `input` as its standard input and shares our outputs and our process group. An error
// number, 0 for none.
int chost_spawn_reading(pid_t *pid, char *const arguments[], char *const environment[], int input);
