/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices whose methods read and write the three pages of NVS at kernel.start+0x500000.
 * sysfs evaluates _UID when it finds the device, _SUN and _HRV whenever they are read.
 */
DefinitionBlock ("", "SSDT", 1, "XENP2M", "NVS", 1)
{
	Scope (\_SB)
	{
		Device (XPR0)
		{
			Name (_HID, "XP2M0001")

			/* From the middle of the first page to that of the second one */
			OperationRegion (NVSR, SystemMemory, kernel.start+0x500f42, 0x200)
			Field (NVSR, DWordAcc, NoLock, Preserve)
			{
				HEAD, 32,
				Offset (0xbc),
				SPLT, 32,	/* two bytes in each */
				Offset (0x100),
				TAIL, 32
			}

			Method (_UID)
			{
				Return (HEAD)
			}

			Method (_HRV)
			{
				Return (SPLT)
			}

			Method (_SUN)
			{
				Return (TAIL)
			}
		}

		Device (XPW0)
		{
			Name (_HID, "XP2M0002")

			/* Three bytes in the second page, five in the third one */
			OperationRegion (NVSW, SystemMemory, kernel.start+0x501ffd, 8)
			Field (NVSW, DWordAcc, NoLock, Preserve)
			{
				LOW, 32,
				HIGH, 32
			}

			Method (_SUN)
			{
				LOW = 0x13579bdf
				HIGH = 0x2468ace0
				Return (LOW)
			}
		}
	}
}
