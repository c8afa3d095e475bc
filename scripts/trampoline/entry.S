/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Multiboot (version 1) entry and exit of the trampoline.
 */

#define MB_MAGIC	0x1badb002
#define MB_FLAGS	0x3		/* modules page aligned, memory map */
#define MB_LOADED	0x2badb002
#define STACK_SIZE	16384

	.section .multiboot, "a"
	.balign	4
	.long	MB_MAGIC
	.long	MB_FLAGS
	.long	-(MB_MAGIC + MB_FLAGS)

	.text
	.globl	_start
_start:
	cli
	cld
	movl	$stack_end, %esp
	xorl	%ebp, %ebp
	pushl	%ebp			/* keeps the stack aligned */
	pushl	%ebp
	pushl	%ebx			/* multiboot information */
	pushl	%eax			/* magic number */
	call	trampoline_main
1:	hlt
	jmp	1b

/* void enter(u32 address, void *mbi); does not return */
	.globl	enter
enter:
	movl	4(%esp), %ecx
	movl	8(%esp), %ebx
	movl	$MB_LOADED, %eax
	jmp	*%ecx

	.bss
	.balign	16
	.skip	STACK_SIZE
stack_end:

	.section .note.GNU-stack, "", @progbits
