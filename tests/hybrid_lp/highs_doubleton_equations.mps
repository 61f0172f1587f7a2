*SENSE:Minimize
NAME          hybrid_schedule
ROWS
 N  OBJ
 E  vintages_0_2
 E  vintages_1_0
 E  vintages_1_1
 E  vintages_1_2
 G  operating_cut_1_0
 G  operating_cut_1_1
 G  operating_cut_1_2
 G  shortage_cut_1_0
 G  shortage_cut_1_1
 G  shortage_cut_1_2
 G  shortage_cut_1_3
 G  operating_cut_2_0
 G  operating_cut_2_1
 G  operating_cut_2_2
 G  operating_cut_3_0
 G  operating_cut_3_1
 G  operating_cut_3_2
 G  operating_cut_4_1
 G  operating_cut_5_0
 G  operating_cut_5_1
 G  operating_cut_5_2
COLUMNS
    MARK      'MARKER'                 'INTORG'
    order_0_0  vintages_0_2  -1.000000000000e0
    order_0_0  OBJ        2.201247428388e3
    MARK      'MARKER'                 'INTEND'
    MARK      'MARKER'                 'INTORG'
    order_1_0  vintages_1_0  -1.000000000000e0
    order_1_0  vintages_1_2   1.000000000000e0
    order_1_0  OBJ        8.925384108377e3
    MARK      'MARKER'                 'INTEND'
    MARK      'MARKER'                 'INTORG'
    order_1_1  vintages_1_1  -1.000000000000e0
    order_1_1  OBJ        8.479114902958e3
    MARK      'MARKER'                 'INTEND'
    MARK      'MARKER'                 'INTORG'
    order_1_2  vintages_1_2  -1.000000000000e0
    order_1_2  OBJ        8.055159157811e3
    MARK      'MARKER'                 'INTEND'
    capacity_0_2  vintages_0_2   1.000000000000e0
    capacity_0_2  operating_cut_1_2   8.757629670420e4
    capacity_0_2  shortage_cut_1_3   3.008999999981e0
    capacity_0_2  operating_cut_2_2   1.467827148377e4
    capacity_0_2  operating_cut_3_2   1.064032445782e2
    capacity_0_2  OBJ        1.241174382710e1
    capacity_1_0  vintages_1_0   1.000000000000e0
    capacity_1_0  vintages_1_1  -1.000000000000e0
    capacity_1_0  operating_cut_1_0   4.727464191631e5
    capacity_1_0  shortage_cut_1_0   4.814400000100e1
    capacity_1_0  operating_cut_2_0   2.383608436428e5
    capacity_1_0  operating_cut_3_0   5.286851425430e3
    capacity_1_0  OBJ        0.000000000000e0
    capacity_1_1  vintages_1_1   1.000000000000e0
    capacity_1_1  vintages_1_2  -1.000000000000e0
    capacity_1_1  operating_cut_1_1   1.170605757913e6
    capacity_1_1  shortage_cut_1_1   4.814400000100e1
    capacity_1_1  shortage_cut_1_2   4.814400000164e1
    capacity_1_1  operating_cut_2_1   2.356149159946e5
    capacity_1_1  operating_cut_3_1   2.483529621174e3
    capacity_1_1  operating_cut_4_1   1.198658168728e3
    capacity_1_1  OBJ        0.000000000000e0
    capacity_1_2  vintages_1_2   1.000000000000e0
    capacity_1_2  operating_cut_1_2   1.404442978813e6
    capacity_1_2  shortage_cut_1_3   4.814400000100e1
    capacity_1_2  operating_cut_2_2   2.357778152235e5
    capacity_1_2  operating_cut_3_2   2.594774109675e3
    capacity_1_2  OBJ        0.000000000000e0
    operating_0  operating_cut_1_0   1.000000000000e0
    operating_0  operating_cut_2_0   1.000000000000e0
    operating_0  operating_cut_3_0   1.000000000000e0
    operating_0  operating_cut_5_0   1.000000000000e0
    operating_0  OBJ        9.622504486494e-1
    operating_1  operating_cut_1_1   1.000000000000e0
    operating_1  operating_cut_2_1   1.000000000000e0
    operating_1  operating_cut_3_1   1.000000000000e0
    operating_1  operating_cut_4_1   1.000000000000e0
    operating_1  operating_cut_5_1   1.000000000000e0
    operating_1  OBJ        8.909726376383e-1
    operating_2  operating_cut_1_2   1.000000000000e0
    operating_2  operating_cut_2_2   1.000000000000e0
    operating_2  operating_cut_3_2   1.000000000000e0
    operating_2  operating_cut_5_2   1.000000000000e0
    operating_2  OBJ        8.249746644799e-1
RHS
    RHS       vintages_0_2   0.000000000000e0
    RHS       vintages_1_0   0.000000000000e0
    RHS       vintages_1_1   0.000000000000e0
    RHS       vintages_1_2   0.000000000000e0
    RHS       operating_cut_1_0   5.319437167835e4
    RHS       operating_cut_1_1   1.448735034956e5
    RHS       operating_cut_1_2   1.703050384811e5
    RHS       shortage_cut_1_0   5.967999997328e0
    RHS       shortage_cut_1_1   1.152799999687e1
    RHS       shortage_cut_1_2   9.837999997864e0
    RHS       shortage_cut_1_3   1.410799999520e1
    RHS       operating_cut_2_0   3.049717060928e4
    RHS       operating_cut_2_1   5.696419696814e4
    RHS       operating_cut_2_2   6.973325207467e4
    RHS       operating_cut_3_0   1.604980812984e3
    RHS       operating_cut_3_1   1.141277765068e3
    RHS       operating_cut_3_2   1.401864071300e3
    RHS       operating_cut_4_1   7.402374647914e2
    RHS       operating_cut_5_0   9.226999970735e1
    RHS       operating_cut_5_1   9.087299976916e1
    RHS       operating_cut_5_2   1.050448496630e2
BOUNDS
 UP BND       order_0_0   2.000000000000e0
 UP BND       order_1_0   2.000000000000e0
 UP BND       order_1_1   2.000000000000e0
 BV BND       order_1_2
ENDATA
